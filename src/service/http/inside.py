"""Asks the service in its own process as over HTTP: the same counts, records, answers and errors."""

import datetime
from http import HTTPStatus
from typing import Any

import numpy as np
import pandas as pd
import pydantic_core
from bentoml.exceptions import BentoMLException

from service.http.callers import INSIDE
from service.http.protocol import Message

HEADERS = [(b"content-type", b"application/json"), (b"accept", b"application/json")]


async def ask(app: Any, path: str, content: Any) -> Any:
    """POST something in JSON.

    Args:
        app: the ASGI application.
        content: plain values, those of numpy and pandas, and DataFrames, which stand for lists of rows.

    Returns:
        The content of the answer, which is in JSON.

    Raises:
        BentoMLException: the answer is an error; of the kind that BentoML's clients raise, with the same words.
    """
    scope = {"type": "http", "method": "POST", "path": path, "headers": HEADERS, INSIDE: True}
    status, _, said = await exchange(app, scope, pydantic_core.to_json(_plain(content)))
    if status >= 400:
        kind = BentoMLException.error_mapping.get(HTTPStatus(status), BentoMLException)
        raise kind(said.decode(), error_code=HTTPStatus(status))
    return pydantic_core.from_json(said)


async def exchange(app: Any, scope: Message, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """What an ASGI application answers to a request: status, headers and body."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], sent[0]["headers"], b"".join(message.get("body", b"") for message in sent[1:])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, pd.DataFrame):
        return _plain(value.to_dict("records"))
    if isinstance(value, np.generic):
        return _plain(value.item())
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
