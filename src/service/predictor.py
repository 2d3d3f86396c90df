"""The service as BentoML runs it: its workers and probes are BentoML's, its answers are app.App's.

BentoML's own way to an answer takes a millisecond (threads, tracing, an access log); the model takes a tenth of that.
So requests go to App at once, and only what BentoML alone knows goes through it: /livez, /readyz, /schema.json.
"""

import gc
import os
import sys
from pathlib import Path
from typing import Any

import bentoml

from pipeline.errors import DataError, PipelineError
from service.settings import SettingError, Settings, environment

OF_BENTOML = frozenset({"/livez", "/healthz", "/readyz", "/schema.json"})
UNKNOWN = "not available"


def models_folder() -> Path:
    """models/ of the project or of the Bento that this file stands in.

    Raises:
        DataError: there is none, or no model in it.
    """
    for folder in Path(__file__).parents:
        if (folder / "models" / "signature.json").exists():
            return folder / "models"
    raise DataError("models/signature.json: not here yet; run `mainline lock` to build the model")


class Direct(bentoml.Service[Any]):  # type: ignore[misc]
    """A BentoML service whose requests do not go through BentoML."""

    def inject_config(self) -> None:
        """What BentoML calls before it starts workers: a setting that is wrong ends it here, in one line."""
        try:
            Settings.read(environment(models_folder()))
        except (PipelineError, SettingError) as error:
            raise SystemExit(str(error)) from None
        super().inject_config()

    def to_asgi(self, is_main: bool = True) -> Any:
        """The ASGI application of one worker."""
        behind = super().to_asgi(is_main)

        async def front(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"] not in OF_BENTOML:
                await self.inner.app(scope, receive, send)
            else:
                await behind(scope, receive, send)

        return front


@bentoml.service(
    service_class=Direct, metrics={"enabled": False}, logging={"access": {"enabled": False}}, traffic={"timeout": 60}
)
class Predictor:
    """Answers with the model in models/."""

    app: Any

    def __init__(self) -> None:
        from service.app import App  # here: only workers need the model and what reads it

        context, folder = bentoml.server_context, models_folder()
        version = "unknown" if context.bento_version in (None, UNKNOWN) else context.bento_version
        settings = Settings.read(environment(folder), version=version)
        try:
            type(self).app = App(folder, settings, name=context.service_name or "Predictor")
        except PipelineError as error:
            print(f"Error: {error}", file=sys.stderr, flush=True)
            os._exit(1)  # an exception would be a traceback; BentoML tries again
        gc.collect()
        gc.freeze()  # the model stays: out of the collector's sight the slowest answers are 9 times faster

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """Write what waits to be written."""
        self.app.close()
