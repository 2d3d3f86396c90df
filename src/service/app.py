"""The service as one ASGI application: routes, and what holds for every answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.errors import FAILURES, ModelError
from pipeline.model import saving
from pipeline.model.inputs import Inputs
from pipeline.model.signature import Signature
from service import fixed, metrics
from service.http import protocol
from service.http.callers import Callers
from service.http.info import info
from service.http.protocol import Message, Receive, Refused, Reply, Request, Send, reply
from service.precomputed.answers import First
from service.predict.engine import Answers, Engine
from service.predict.ranges import Ranges
from service.predictions import Predictions, check_json
from service.records.entries import Predicted, Scribe
from service.records.feedback import Feedback
from service.records.memory import Memory
from service.records.recorder import Recorder
from service.records.shared import path_of
from service.settings import Settings

MOST_FEEDBACK = 64 * 1024  # bytes of one label and what it is of
INFER = "/v2/models/{name}/infer"
PREDICTING = ("/predict", "/predict/table", "/invocations", INFER)
# with the statuses that are counted from zero
ENDPOINTS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(PREDICTING, (200, 400, 500)),
    "/feedback": (200,),
    **dict.fromkeys(("/", "/model", "/docs", "/docs.json", "/metrics", "/ping", "/version", "other"), ()),
    **dict.fromkeys(("/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/{name}", "/v2/models/{name}/ready"), ()),
}
log = logging.getLogger("service")

Handler = Callable[[Request], Awaitable[Reply]]


class Route(NamedTuple):
    """What is at a path."""

    endpoint: str
    """One of ENDPOINTS, as which it is counted."""
    handlers: dict[str, Handler]
    """By method."""


class App:
    """The model in a folder, over HTTP."""

    def __init__(self, folder: Path, settings: Settings, *, name: str = "Predictor") -> None:
        """Args: folder, with signature.json and model.skops; name, of the service in the metrics' labels."""
        signature = Signature.load(folder / "signature.json")
        self._engine = Engine(saving.load(folder / "model.skops", trusted=signature.trusted), signature)
        classes = self._engine.classes
        self.predictions = Predictions(signature, settings, self._engine, self._say)
        self._ranges = Ranges(self.predictions.reader.layout)
        edges = settings.prediction_edges or signature.deciles or ()
        self.metrics = metrics.Metrics(
            ENDPOINTS, self._ranges.columns, classes, edges, service=name, version=settings.version
        )
        where = settings.precomputed
        self._first = First.at(where, folder, self._engine, self.metrics) if where else None
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
        self._callers = Callers.of(settings.access)
        self._version = (b"x-model-version", _header(settings.version))
        said = info(signature, settings, quick=self._engine.quick, at_once=self._engine.at_once)
        self._pages = fixed.answers(signature, settings, said, self.predictions.open_inference)
        self._routes = self._all_routes(settings.name)
        self.paths = self._routes.keys()
        """All that it answers but errors."""

    def close(self) -> None:
        """Write what waits to be written, and end the threads."""
        self.recorder.close()
        self._engine.close()
        if self._first is not None:
            self._first.close()

    def _all_routes(self, name: str) -> dict[str, Route]:
        """What is at which path; name, of the model."""
        ours, model = self.predictions, f"/v2/models/{name}"
        routes = {
            "/predict": Route("/predict", {"POST": ours.predict}),
            "/predict/table": Route("/predict/table", {"POST": ours.predict_table}),
            "/invocations": Route("/invocations", {"POST": ours.invocations}),
            f"{model}/infer": Route(INFER, {"POST": ours.infer}),
            "/feedback": Route("/feedback", {"POST": self._take_feedback}),
            "/metrics": Route("/metrics", {"GET": self._tell_metrics, "HEAD": self._tell_metrics}),
        }
        for path in self._pages:
            endpoint = path.rstrip("/") or "/"
            if endpoint.startswith(model):
                endpoint = "/v2/models/{name}" + endpoint.removeprefix(model)
            routes[path] = Route(endpoint, {"GET": self._tell, "HEAD": self._tell})
        routes["/model"].handlers["POST"] = self._tell  # as BentoML's clients ask
        return routes

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request: ASGI."""
        request = Request(scope["method"], scope["path"], dict(scope["headers"]), receive)
        if (refused := self._met(request, scope)) is not None:
            answer = refused
        elif request.second:
            try:
                answer = await self._answer(request)
            finally:
                self.predictions.bodies.release(request)
        else:
            answer = await self._counted(request)
        await self._send(request, answer, send)

    async def turned_away(self, scope: Message, receive: Receive, send: Send) -> bool:
        """Answer who may not ask, for a page that is not App's; whether that was so."""
        request = Request(scope["method"], scope["path"], dict(scope["headers"]), receive)
        if (refused := self._met(request, scope)) is None:
            return False
        await self._send(request, refused, send)
        return True

    async def _send(self, request: Request, answer: Reply, send: Send) -> None:
        of_origin = self._callers.headers(request) if self._callers else ()
        await protocol.send(answer, send, ((b"x-request-id", request.id.encode()), self._version, *of_origin))

    def _met(self, request: Request, scope: Message) -> Reply | None:
        """What is answered before the model is asked; no refusal of the model's, so it is not counted as one."""
        if self._callers is None:
            return None
        try:
            answer = self._callers.meet(request, scope)
        except Refused as error:
            answer = self._refusal(request, error)
        if answer is not None:
            self.metrics.began("other")
            self.metrics.ended("other", answer.status, time.perf_counter() - request.began)
        return answer

    async def _counted(self, request: Request) -> Reply:
        route = self._routes.get(request.path)
        endpoint = "other" if route is None else route.endpoint
        self.metrics.began(endpoint)
        answer = Reply(500, b"")
        if endpoint in PREDICTING:
            request.user = self._memory.user(request.headers.get(b"x-mainline-unit"))
        try:
            answer = await self._answer(request)
            return answer
        finally:
            self.predictions.bodies.release(request)
            self.metrics.ended(endpoint, answer.status, time.perf_counter() - request.began)
            self._memory.answered(request.user, answer.status)

    async def _answer(self, request: Request) -> Reply:
        try:
            if (route := self._routes.get(request.path)) is None:
                raise Refused(404, f"there is no {request.path[:100]!r}; there are: {', '.join(self._routes)}")
            handlers = route.handlers
            if request.method not in handlers:
                allowed = ((b"allow", ", ".join(handlers).encode()),)
                raise Refused(405, f"{request.path} takes {' or '.join(handlers)}", headers=allowed)
            return await handlers[request.method](request)
        except Refused as error:
            return self._refusal(request, error)
        except ModelError as error:
            log.error("request %s: %s", request.id, error)
            return self._error(request, 500, str(error))
        except (*FAILURES, OSError) as error:  # a traceback would show the caller's values in the log
            log.error("request %s: %s in %s", request.id, type(error).__name__, request.path)
            return self._error(request, 500, "the service failed; the log names this request")

    def _refusal(self, request: Request, error: Refused) -> Reply:
        content = {"error": str(error)} | ({"problems": list(error.problems)} if error.problems else {})
        return replace(reply(content | self.predictions.own(request), error.status), headers=error.headers)

    def _error(self, request: Request, status: int, message: str) -> Reply:
        return reply({"error": message} | self.predictions.own(request), status)

    async def _say(self, request: Request, inputs: Inputs) -> Answers:
        """Predict, count, remember, and have it recorded."""
        looked = self._ranges.look(inputs)
        try:
            if self._first is not None:
                answers = await self._first.predict(inputs, counted=not request.second)
            else:
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
        check_json(request)
        body = await self.predictions.body(request)
        if len(body) > MOST_FEEDBACK:
            raise Refused(413, f"the body is over {MOST_FEEDBACK // 1024} KiB; send one label: request_id, label, row")
        status, said = self._feedback.take(protocol.parse(body))
        return reply(said | self.predictions.own(request), status)

    async def _tell(self, request: Request) -> Reply:
        return self._pages[request.path]

    async def _tell_metrics(self, request: Request) -> Reply:
        text = await asyncio.to_thread(lambda: self.metrics.text() + self._memory.text().encode())
        return Reply(200, text, metrics.TYPE)


def _tolerance(signature: Signature, settings: Settings) -> float:
    """Of a regression: how far from the label a right number may be."""
    if settings.feedback_tolerance is not None or not signature.deciles:
        return settings.feedback_tolerance or 0.0
    return float(np.ptp(signature.deciles)) / 10


def _header(text: str) -> bytes:
    return "".join(each if each.isascii() and each.isprintable() else "?" for each in text).encode()
