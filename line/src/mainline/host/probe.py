"""Asks a version over HTTP, as the router and its users will: is it ready, what is it, does it predict."""

import math
import time
from collections.abc import Iterable
from typing import Any

import httpx

from mainline.errors import ToolFailed
from mainline.tools import http

PATIENCE = 2.0
PREDICTIONS = 20
PREDICTS_WITHIN = 5.0
WARM_AFTER = 5.0  # seconds of predictions, for a model that is slow: whoever waits looks after the others, too


def ready(address: str) -> bool:
    """Whether it says that it is ready."""
    try:
        return http.client().get(f"{address}/readyz", timeout=PATIENCE).is_success
    except httpx.HTTPError:
        return False


def warm_up(address: str, version: str) -> None:
    """Let it predict the examples of its own description, so that its first user does not wait.

    Raises:
        ToolFailed: it does not predict them, or is another version.
    """
    found = _json("GET", f"{address}/model", timeout=PATIENCE).get("version")
    if found != version:  # between the choice of a port and its use, somebody else may take it
        raise ToolFailed(f"{address} is answered by {str(found)[:80]!r}")
    deadline = time.monotonic() + WARM_AFTER
    said = _json("GET", f"{address}/docs.json", timeout=PATIENCE)
    try:
        examples = list(said["components"]["schemas"]["Row"]["examples"])
    except (KeyError, TypeError):
        raise ToolFailed(f"{address}/docs.json shows no example of a row") from None
    for turn in range(PREDICTIONS):
        row = examples[turn % len(examples)] if examples else {}
        _json("POST", f"{address}/predict", timeout=PREDICTS_WITHIN, body={"row": row})
        if time.monotonic() > deadline:
            break


def edges(address: str) -> str:
    """Between which values it counts its predictions: PREDICTION_EDGES for the version that is compared with it.

    Empty for anything but a regression.

    Raises:
        ToolFailed: it does not say.
    """
    signature = _json("GET", f"{address}/model", timeout=PATIENCE).get("signature") or {}
    return rising(signature.get("deciles") or ()) if signature.get("task") == "regression" else ""


def rising(values: Iterable[Any]) -> str:
    """Edges as PREDICTION_EDGES has them: in order, each once; a model made long ago may name one several times.

    Raises:
        ToolFailed: there is no number among them where one belongs.
    """
    try:
        numbers = {float(value) + 0.0 for value in values if value != ""}  # -0.0 is 0.0 under another name
    except (TypeError, ValueError):
        raise ToolFailed("the deciles of its signature are not numbers") from None
    return ",".join(map(repr, sorted(number for number in numbers if math.isfinite(number))))


def _json(method: str, url: str, *, timeout: float, body: Any = None) -> dict[str, Any]:
    try:
        answer = http.client().request(method, url, json=body, timeout=timeout)
        said = answer.json() if answer.is_success else None
    except (httpx.HTTPError, ValueError) as error:
        raise ToolFailed(f"{url}: no answer ({error or type(error).__name__})") from None
    if not isinstance(said, dict):
        raise ToolFailed(f"{url} answered {answer.status_code}: {' '.join(answer.text[:200].split())}")
    return said
