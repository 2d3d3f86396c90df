"""The service as one ASGI application: routes, and what holds for every answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import FAILURES, ModelError
from pipeline.model import saving
from pipeline.model.inputs import Inputs
from pipeline.model.signature import Signature
from pipeline.table.tables import PREDICTION, ROW_ID
from service import metrics, openapi, page
from service.http import protocol, tables
from service.http.info import examples, info
from service.http.protocol import Bodies, Message, Receive, Refused, Reply, Request, Send, reply
from service.http.rows import Reader
from service.predict.engine import Answers, Engine
from service.predict.ranges import Ranges
from service.records.entries import Predicted, Scribe
from service.records.feedback import Feedback
from service.records.memory import Memory
from service.records.recorder import Recorder
from service.records.shared import path_of
from service.settings import Settings

PREDICTING = ("/predict", "/predict/table")
LARGE = 64 * 1024  # bytes of a body that are read in the thread, as it takes a while
LARGE_WITH_DATES = 8 * 1024  # the same where cells may be dates, of which some take 100 us
MOST_FEEDBACK = 64 * 1024  # bytes of one label and what it is of
JSON_TYPES = ("application/json", "")
# with the statuses that are counted from zero
ENDPOINTS: dict[str, tuple[int, ...]] = {
    "/predict": (200, 400, 500),
    "/predict/table": (200, 400, 500),
    "/feedback": (200,),
    **dict.fromkeys(("/model", "/docs.json", "/metrics", "/", "other"), ()),
}
log = logging.getLogger("service")

Handler = Callable[[Request], Awaitable[Reply]]


class App:
    """The model in a folder, over HTTP."""

    def __init__(self, folder: Path, settings: Settings, *, name: str = "Predictor") -> None:
        """Args: folder, with signature.json and model.skops; name, of the service in the metrics' labels."""
        signature = Signature.load(folder / "signature.json")
        self._engine = Engine(saving.load(folder / "model.skops", trusted=signature.trusted), signature)
        classes = self._engine.classes
        self._settings, self._signature, self._classes = settings, signature, classes
        self._reader = Reader(signature)
        self._tables = tables.Tables(signature, self._reader, max_rows=settings.max_rows, max_body=settings.max_body)
        self._ranges = Ranges(self._reader.layout)
        self._bodies = Bodies(settings.max_body)
        self._large = LARGE_WITH_DATES if self._reader.layout.dates else LARGE
        edges = settings.prediction_edges or signature.deciles or ()
        self.metrics = metrics.Metrics(
            ENDPOINTS, self._ranges.columns, classes, edges, service=name, version=settings.version
        )
        self._scribe = Scribe.of(signature, classes, settings)
        self.recorder = Recorder(
            settings.records_folder,
            settings.records_max,
            written=self.metrics.written,
            dropped=self.metrics.dropped,
            stopped=self.metrics.stopped,
            about=self._scribe.about,
        )
        tolerance = 0.0 if classes is not None else _tolerance(signature, settings)
        self._memory = Memory(
            settings.feedback_memory, path_of(settings.records_folder), settings.version, tolerance=tolerance
        )
        self._feedback = Feedback(
            classes,
            tolerance,
            self._memory,
            self.metrics,
            self.recorder,
            version=settings.version,
            rule=signature.label,
        )
        self._class_names = [str(label) for label in classes or ()]
        rows = examples(signature)
        said = info(signature, settings, quick=self._engine.quick, at_once=self._engine.at_once)
        self._pages = {
            "/model": reply(said),
            "/docs.json": reply(openapi.spec(signature, settings, rows)),
            "/": page.render(signature, settings, rows),
        }
        self._version = (b"x-model-version", _header(settings.version))
        self._routes: dict[str, dict[str, Handler]] = {
            "/predict": {"POST": self._predict},
            "/predict/table": {"POST": self._predict_table},
            "/feedback": {"POST": self._take_feedback},
            "/metrics": {"GET": self._tell_metrics, "HEAD": self._tell_metrics},
            **{path: {"GET": self._tell, "HEAD": self._tell} for path in self._pages},
        }

    def close(self) -> None:
        """Write what waits to be written, and end the threads."""
        self.recorder.close()
        self._engine.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request: ASGI."""
        request = Request(scope["method"], scope["path"], dict(scope["headers"]), receive)
        answer = Reply(500, b"")
        if request.second:
            try:
                answer = await self._answer(request)
            finally:
                self._bodies.release(request)
        else:
            answer = await self._counted(request)
        own = ((b"x-request-id", request.id.encode()), self._version)
        await protocol.send(answer, send, own)

    async def _counted(self, request: Request) -> Reply:
        endpoint = request.path if request.path in self._routes else "other"
        self.metrics.began(endpoint)
        answer = Reply(500, b"")
        if endpoint in PREDICTING:
            request.user = self._memory.user(request.headers.get(b"x-mainline-unit"))
        try:
            answer = await self._answer(request)
            return answer
        finally:
            self._bodies.release(request)
            self.metrics.ended(endpoint, answer.status, time.perf_counter() - request.began)
            self._memory.answered(request.user, answer.status)

    async def _answer(self, request: Request) -> Reply:
        handlers = self._routes.get(request.path)
        try:
            if handlers is None:
                raise Refused(404, f"there is no {request.path[:100]!r}; there are: {', '.join(self._routes)}")
            if request.method not in handlers:
                refused = self._error(request, 405, f"{request.path} takes {' or '.join(handlers)}")
                return Reply(405, refused.body, headers=((b"allow", ", ".join(handlers).encode()),))
            return await handlers[request.method](request)
        except Refused as error:
            return self._error(request, error.status, str(error), problems=error.problems)
        except ModelError as error:
            log.error("request %s: %s", request.id, error)
            return self._error(request, 500, str(error))
        except (*FAILURES, OSError) as error:  # a traceback would show the caller's values in the log
            log.error("request %s: %s in %s", request.id, type(error).__name__, request.path)
            return self._error(request, 500, "the service failed; the log names this request")

    def _error(self, request: Request, status: int, message: str, problems: Any = ()) -> Reply:
        content = {"error": message} | ({"problems": list(problems)} if problems else {})
        return reply(content | self._own(request), status)

    def _own(self, request: Request) -> dict[str, str]:
        return {"request_id": request.id, "model_version": self._settings.version}

    async def _predict(self, request: Request) -> Reply:
        content, inputs = await self._read_json(request)
        answers = await self._say(request, inputs)
        if "row" in content:
            said = self._many(answers)
            own = {"prediction": said["predictions"][0]}
            if self._classes is not None:
                own["probabilities"] = said["probabilities"][0]
            return reply(own | self._own(request))
        return reply(self._many(answers) | self._own(request))

    async def _read_json(self, request: Request) -> tuple[dict[str, Any], Inputs]:
        _check_json(request)
        body = await self._body(request)
        if len(body) > self._large:
            read: tuple[dict[str, Any], Inputs] = await self._engine.aside(self._understand, body)
            return read
        return self._understand(body)

    def _understand(self, body: bytes) -> tuple[dict[str, Any], Inputs]:
        content = protocol.parse(body)
        if not isinstance(content, dict) or len(content) != 1 or not content.keys() <= {"row", "rows"}:
            raise Refused(400, 'the body must be {"row": {...}} or {"rows": [{...}, ...]}, and nothing else')
        rows = [content["row"]] if "row" in content else content["rows"]
        if not isinstance(rows, list) or not rows:
            raise Refused(400, "rows: must be a list of rows, with one at least")
        if len(rows) > self._settings.max_rows:
            raise Refused(413, f"rows: more than {self._settings.max_rows:,}; send fewer at a time")
        return content, self._reader.read(rows)

    def _many(self, answers: Answers) -> dict[str, Any]:
        if answers.places is None or self._classes is None:
            return {"predictions": answers.values.tolist()}
        names = self._class_names
        return {
            "predictions": [self._classes[place] for place in answers.places.tolist()],
            "probabilities": [dict(zip(names, row, strict=True)) for row in answers.values.tolist()],
        }

    async def _predict_table(self, request: Request) -> Reply:
        media = tables.media_of(request.media)
        wanted = tables.wanted(request.headers.get(b"accept", b"").decode("latin-1"), media)
        body = await self._body(request)
        inputs, ids = await self._engine.aside(self._tables.read, body, media, request.charset)
        answers = await self._say(request, inputs)
        if wanted == tables.JSON:
            said = self._many(answers) if ids is None else {ROW_ID: ids.tolist()} | self._many(answers)
            return reply(said | self._own(request))
        table = self._table(answers, ids)
        return Reply(200, await self._engine.aside(tables.write, table, wanted), wanted.encode())

    def _table(self, answers: Answers, ids: pd.Series | None) -> pd.DataFrame:
        """As predictions/dev.parquet: row_id where there is one, prediction, and p_<class> for each class."""
        table = pd.DataFrame({} if ids is None else {ROW_ID: ids.to_numpy()})
        if answers.places is None or self._classes is None:
            return table.assign(**{PREDICTION: answers.values})
        table[PREDICTION] = [self._classes[place] for place in answers.places.tolist()]
        chances = pd.DataFrame(answers.values, columns=[f"p_{name}" for name in self._class_names])
        return pd.concat([table, chances], axis=1)

    async def _say(self, request: Request, inputs: Inputs) -> Answers:
        """Predict, count, remember, and have it recorded."""
        looked = self._ranges.look(inputs)
        try:
            answers = await self._engine.predict(inputs)
        except ModelError as error:
            if looked is not None and looked[1].any():
                strange = [c.name for c, count in zip(self._ranges.columns, looked[1], strict=True) if count][:10]
                raise Refused(400, f"{error}; values outside of their range: {', '.join(strange)}") from None
            raise
        if request.second:
            return answers
        if looked is not None:
            self.metrics.seen(*looked)
        self.metrics.predicted(answers.places, answers.values)
        said = answers.values if answers.places is None else answers.places
        self._memory.remember(request.id, said, request.user)
        self.recorder.put(Predicted(self._scribe, time.time(), request.id, inputs, answers))
        return answers

    async def _take_feedback(self, request: Request) -> Reply:
        _check_json(request)
        body = await self._body(request)
        if len(body) > MOST_FEEDBACK:
            raise Refused(413, f"the body is over {MOST_FEEDBACK // 1024} KiB; send one label: request_id, label, row")
        status, said = self._feedback.take(protocol.parse(body))
        return reply(said | self._own(request), status)

    async def _body(self, request: Request) -> bytes:
        body = await self._bodies.read(request)
        request.began = time.perf_counter()  # a slow caller is no slow model
        return body

    async def _tell(self, request: Request) -> Reply:
        return self._pages[request.path]

    async def _tell_metrics(self, request: Request) -> Reply:
        text = await asyncio.to_thread(lambda: self.metrics.text() + self._memory.text().encode())
        return Reply(200, text, metrics.TYPE)


def _check_json(request: Request) -> None:
    if request.media not in JSON_TYPES:
        raise Refused(415, f"a body of type {request.media[:60]!r}; send application/json")


def _tolerance(signature: Signature, settings: Settings) -> float:
    """Of a regression: how far from the label a right number may be."""
    if settings.feedback_tolerance is not None or not signature.deciles:
        return settings.feedback_tolerance or 0.0
    return float(np.ptp(signature.deciles)) / 10


def _header(text: str) -> bytes:
    return "".join(each if each.isascii() and each.isprintable() else "?" for each in text).encode()
