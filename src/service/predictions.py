"""The endpoints that predict: each a way to say rows, all with the same limits, errors, counts and records."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pandas as pd

from pipeline.model.inputs import Inputs
from pipeline.model.signature import Signature
from pipeline.table.tables import ROW_ID
from service.http import mlflow, protocol, tables
from service.http.answers import Said
from service.http.open_inference import Inference, OpenInference
from service.http.protocol import Bodies, Refused, Reply, Request, reply
from service.http.rows import Grid, Reader
from service.predict.engine import Answers, Engine
from service.settings import Settings

LARGE = 64 * 1024  # bytes of a body that are read in the thread, as it takes a while
LARGE_WITH_DATES = 8 * 1024  # the same where cells may be dates, of which some take 100 us
JSON_TYPES = (tables.JSON, "")

Ask = Callable[[Request, Inputs], Awaitable[Answers]]


class Predictions:
    """The endpoints that predict, for one model."""

    def __init__(self, signature: Signature, settings: Settings, engine: Engine, ask: Ask) -> None:
        """Args: ask, which predicts rows of a request, and counts, remembers and records them."""
        self._engine, self._ask, self._settings = engine, ask, settings
        self.reader = Reader(signature)
        self.tables = tables.Tables(signature, self.reader, max_rows=settings.max_rows, max_body=settings.max_body)
        self.bodies = Bodies(settings.max_body)
        self.said = Said(engine.classes)
        self.open_inference = OpenInference(settings.name, settings.version, self.reader, engine.classes)
        self._large = LARGE_WITH_DATES if self.reader.layout.dates else LARGE

    async def body(self, request: Request) -> bytes:
        """The body of a request, as Bodies reads it; the request's clock begins when it is there."""
        body = await self.bodies.read(request)
        request.began = time.perf_counter()  # a slow caller is no slow model
        return body

    async def predict(self, request: Request) -> Reply:
        """Rows as objects: {"row": {...}} or {"rows": [...]}."""
        single, inputs = await self._read(request, self._understand)
        answers = await self._ask(request, inputs)
        said = self.said.one(answers) if single else self.said.many(answers)
        return reply(said | self.own(request))

    async def predict_table(self, request: Request) -> Reply:
        """CSV, Parquet or {"table": [{...}, ...]}, answered in CSV, Parquet or JSON."""
        objects = request.media == tables.JSON
        media = request.media if objects else tables.media_of(request.media, also=tables.JSON)
        wanted = tables.wanted(request.headers.get(b"accept", b"").decode("latin-1"), media)
        inputs, ids = await self._rows(request, objects, self._understand_table)
        answers = await self._ask(request, inputs)
        if wanted == tables.JSON:
            return reply(self.said.many(answers, ids) | self.own(request))
        table = self.said.table(answers, ids)
        return Reply(200, await self._engine.aside(tables.write, table, wanted), wanted.encode())

    async def invocations(self, request: Request) -> Reply:
        """What MLflow's scoring server takes, answered as rows are: in JSON, with predictions."""
        inputs, ids = await self._rows(request, request.media in JSON_TYPES, self._understand_mlflow)
        return reply(self.said.many(await self._ask(request, inputs), ids) | self.own(request))

    async def infer(self, request: Request) -> Reply:
        """A request of the Open Inference Protocol."""
        if b"inference-header-content-length" in request.headers:
            raise Refused(415, "tensors are in their binary form; send them in JSON (binary_data=False)")
        asked, inputs = await self._read(request, self._understand_inference)
        return reply(self.open_inference.answer(asked, await self._ask(request, inputs), request.id))

    def own(self, request: Request) -> dict[str, str]:
        """What each answer says of itself."""
        return {"request_id": request.id, "model_version": self._settings.version}

    async def _read(self, request: Request, understand: Callable[[bytes], Any]) -> Any:
        check_json(request)
        body = await self.body(request)
        return await self._engine.aside(understand, body) if len(body) > self._large else understand(body)

    async def _rows(self, request: Request, objects: bool, understand: Callable[[bytes], Any]) -> Any:
        """Rows of JSON or of a table, and their row_id where the table has one."""
        if objects:
            return await self._read(request, understand)
        media = tables.media_of(request.media, also=tables.JSON)
        return await self._engine.aside(self.tables.read, await self.body(request), media, request.charset)

    def _understand(self, body: bytes) -> tuple[bool, Inputs]:
        content = protocol.parse(body)
        if isinstance(content, dict) and len(content) == 2 and None in content.values():
            content = {name: value for name, value in content.items() if value is not None}  # as BentoML's clients say
        if not isinstance(content, dict) or len(content) != 1 or not content.keys() <= {"row", "rows"}:
            raise Refused(400, 'the body must be {"row": {...}} or {"rows": [{...}, ...]}, and nothing else')
        rows = [content["row"]] if "row" in content else content["rows"]
        if not isinstance(rows, list) or not rows:
            raise Refused(400, "rows: must be a list of rows, with one at least")
        return "row" in content, self._checked(rows)

    def _understand_table(self, body: bytes) -> tuple[Inputs, pd.Series | None]:
        content = protocol.parse(body, nan=True)
        rows = content.get("table") if isinstance(content, dict) and len(content) == 1 else None
        if not isinstance(rows, list):
            raise Refused(400, 'the body must be {"table": [{...}, ...]}, and nothing else')
        inputs = self._checked(rows)
        return inputs, pd.Series([row.get(ROW_ID) for row in rows]) if ROW_ID in rows[0] else None

    def _understand_mlflow(self, body: bytes) -> tuple[Inputs, None]:
        return self._checked(mlflow.read(protocol.parse(body, nan=True), self.reader.orders)), None

    def _understand_inference(self, body: bytes) -> tuple[Inference, Inputs]:
        asked = self.open_inference.read(protocol.parse(body, nan=True))
        return asked, self._checked(asked.grid)

    def _checked(self, rows: list[Any] | Grid) -> Inputs:
        given = rows.rows if isinstance(rows, Grid) else rows
        if not given:
            raise Refused(400, "there are no rows")
        if len(given) > self._settings.max_rows:
            raise Refused(413, f"rows: more than {self._settings.max_rows:,}; send fewer at a time")
        return self.reader.read_grid(rows) if isinstance(rows, Grid) else self.reader.read(rows)


def check_json(request: Request) -> None:
    """Check the type of a body that has to be JSON.

    Raises:
        Refused: 415, it is another.
    """
    if request.media not in JSON_TYPES:
        raise Refused(415, f"a body of type {request.media[:60]!r}; send application/json")
