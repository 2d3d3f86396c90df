"""The service as BentoML runs it: its workers, probes, schemas and clients are BentoML's, its answers are app.App's.

BentoML's own way to an answer takes a millisecond (threads, tracing, an access log); the model takes a tenth of that.
So requests for what App has go to it at once. Where something of BentoML is switched on that has to see them (tracing,
its access log, CORS, a limit of concurrency, a middleware), they go the long way, through all of that, to the same App.
"""

import gc
import os
import sys
from typing import Annotated, Any

import bentoml
import click
from bentoml.container import BentoMLContainer  # type: ignore[attr-defined]
from bentoml.validators import DataframeSchema
from starlette.routing import BaseRoute, Match

from pipeline.errors import PipelineError
from service.http.callers import INSIDE
from service.settings import Settings, environment, models_folder
from service.typed import Described
from service.variables import SettingError

PICKLE = b"application/vnd.bentoml+pickle"
UNKNOWN = "not available"
OF_BENTOML = frozenset({"/livez", "/healthz", "/readyz", "/schema.json"})
FOLDERS = ("/static_content/", "/assets/")

Row = Annotated[dict[str, Any], Described("row")]
Rows = Annotated[list[dict[str, Any]], Described("rows")]
Table = Annotated[Any, DataframeSchema(orient="records")]
Label = Annotated[Any, Described("label")]
Answer = Annotated[dict[str, Any], Described("answer")]


class Direct(bentoml.Service[Any]):  # type: ignore[misc]
    """A BentoML service whose requests go to its App at once, unless BentoML has to see them."""

    def inject_config(self) -> None:
        """What BentoML calls before it starts workers: a setting that is wrong ends it here, in one line."""
        super().inject_config()
        try:
            settings = Settings.read(environment(models_folder()))
            if host := _host():
                settings.access.check(host)
        except (PipelineError, SettingError) as error:
            raise SystemExit(str(error)) from None

    def to_asgi(self, is_main: bool = True) -> Any:
        """The ASGI application of one worker."""
        behind = super().to_asgi(is_main)
        behind.router.routes.insert(0, Ours(self))
        long = self._to_be_seen()

        async def front(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                scope[INSIDE] = not is_main
                if not self._is_ours(scope, is_main):
                    if await self.inner.app.turned_away(scope, receive, send):
                        return
                elif not long:
                    await self.inner.app(scope, receive, send)
                    return
                else:
                    scope[OURS] = True
            await behind(scope, receive, send)

        return front

    def _is_ours(self, scope: Any, is_main: bool) -> bool:
        """Whether App answers: all but what BentoML alone knows, and what is added to the service as BentoML has it."""
        path = scope["path"]
        if path not in self.inner.app.paths:
            added = bool(self.mount_apps) or any(method.route == path for method in self.apis.values())
            return not (added or path in OF_BENTOML or path.startswith(FOLDERS))
        # Between the services of one Bento, over its own socket, BentoML sends pickles; from outside nobody can.
        return is_main or dict(scope["headers"]).get(b"content-type") != PICKLE

    def _to_be_seen(self) -> bool:
        """Whether something of BentoML is switched on that has to see each request."""
        of_server = BentoMLContainer.api_server_config
        return bool(
            self.middlewares
            or BentoMLContainer.config.tracing.exporter_type.get()
            or of_server.logging.access.enabled.get()
            or BentoMLContainer.http.cors.enabled.get()
            or of_server.traffic.max_concurrency.get()
        )


def _host() -> str | None:
    """The address that `bentoml serve` is to listen on; none in a worker, which is given its socket."""
    context = click.get_current_context(silent=True)
    if context is None or "host" not in context.params:
        return None
    host: str = context.params["host"] or BentoMLContainer.http.host.get()
    return host


OURS = "service.ours"


class Ours(BaseRoute):
    """The way from BentoML's application, behind its middlewares, to App."""

    def __init__(self, service: Direct) -> None:
        self._service = service

    def matches(self, scope: Any) -> tuple[Match, Any]:
        """Whether it is App's."""
        return Match.FULL if scope.get(OURS) else Match.NONE, {}

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Have it answered."""
        await self._service.inner.app(scope, receive, send)


@bentoml.service(
    service_class=Direct,
    http={"host": "127.0.0.1"},  # BentoML's own is every address; who may ask is to be said first
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
    traffic={"timeout": 60},
)
class Predictor:
    """Answers with the model in models/."""

    app: Any

    def __init__(self) -> None:
        gc.disable()  # what is imported stays; to look through it again and again takes a tenth of the start
        from service.app import App  # here: only workers need the model and what reads it

        context, folder = bentoml.server_context, models_folder()
        known = context.bento_version not in (None, UNKNOWN)
        own = {"version": context.bento_version, "name": context.bento_name} if known else {}
        settings = Settings.read(environment(folder), **own)
        try:
            type(self).app = App(folder, settings, name=context.service_name or "Predictor")
        except PipelineError as error:
            print(f"Error: {error}", file=sys.stderr, flush=True)
            os._exit(1)  # an exception would be a traceback; BentoML tries again
        gc.collect()
        gc.freeze()  # the model stays: out of the collector's sight the slowest answers are 9 times faster
        gc.enable()

    @bentoml.api  # type: ignore[untyped-decorator]
    async def predict(self, row: Row | None = None, rows: Rows | None = None) -> Answer:
        """Predict one row, or several."""
        given = {name: value for name, value in (("row", row), ("rows", rows)) if value is not None}
        return await self._ask("/predict", given)

    @bentoml.api(route="/predict/table")  # type: ignore[untyped-decorator]
    async def predict_table(self, table: Table) -> Answer:
        """Predict the rows of a DataFrame."""
        return await self._ask("/predict/table", {"table": table})

    @bentoml.api  # type: ignore[untyped-decorator]
    async def feedback(self, request_id: str, label: Label, row: int = 0) -> dict[str, Any]:
        """Say what was right; again, late or too often does no harm."""
        return await self._ask("/feedback", {"request_id": request_id, "label": label, "row": row})

    @bentoml.api  # type: ignore[untyped-decorator]
    async def model(self) -> dict[str, Any]:
        """Where the model comes from, what it reads and answers."""
        return await self._ask("/model", {})

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    async def close(self) -> None:
        """Write what waits to be written; async, as BentoML closes what another service depends on."""
        self.app.close()

    async def _ask(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        from service.http import inside

        said: dict[str, Any] = await inside.ask(self.app, path, content)
        return said
