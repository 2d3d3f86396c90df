"""The service as a function of AWS Lambda: takes events of function URLs and of API Gateway, in payload 2.0.

In the service's own image, which `mainline add awslambdaric` gives Lambda's client, with the command and the settings
that docs/patterns.md names. Each event goes through the service's own application: same readers, limits, errors, bytes.
"""

import asyncio
import base64
import binascii
import gc
import sys
from typing import Any
from urllib.parse import unquote

from service.http.inside import exchange
from service.http.protocol import Message

TEXTS = ("application/json", "text/")
ANYWHERE = "0.0.0.0"  # noqa: S104 - what a function listens at, in effect

Event = dict[str, Any]
_loop: asyncio.AbstractEventLoop | None = None
_app: Any = None


def handler(event: Event, context: object = None) -> Event:
    """Answer one event.

    Returns:
        statusCode, headers, body and isBase64Encoded, as payload 2.0 has them.
    """
    global _loop, _app
    if _loop is None:  # kept from event to event: Lambda gives a process one at a time
        _loop = asyncio.new_event_loop()
    if _app is None:
        _app = _made()
    return _loop.run_until_complete(answer(_app, event))


async def answer(app: Any, event: Event) -> Event:
    """An application's answer to an event.

    Args:
        app: of ASGI.
    """
    try:
        scope, body = _scope(event), _body(event)
    except (KeyError, TypeError, AttributeError, binascii.Error, ValueError):
        said = '{"error":"the event is none of a function URL or of API Gateway, in payload 2.0"}'
        return {"statusCode": 400, "headers": {"content-type": TEXTS[0]}, "body": said, "isBase64Encoded": False}
    status, said_of_it, content = await exchange(app, scope, body)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in said_of_it}
    plain = headers.get("content-type", "").startswith(TEXTS) and _is_utf8(content)
    text = content.decode() if plain else base64.b64encode(content).decode()
    return {"statusCode": status, "headers": headers, "body": text, "isBase64Encoded": not plain}


def _scope(event: Event) -> Message:
    http = event["requestContext"]["http"]
    stage = event["requestContext"].get("stage", "$default")
    path = str(event["rawPath"]).removeprefix("" if stage == "$default" else f"/{stage}")
    given = (event.get("headers") or {}).items()
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in given]
    return {
        "type": "http",
        "method": str(http["method"]),
        "path": unquote(path) or "/",
        "headers": headers,
        "query_string": str(event.get("rawQueryString", "")).encode("latin-1"),
        "client": (str(http.get("sourceIp", "")), 0),
    }


def _body(event: Event) -> bytes:
    body = event.get("body") or ""
    return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _made() -> Any:
    """The application of the model beside this code."""
    from pipeline.errors import PipelineError
    from service.app import App
    from service.settings import Settings, environment, models_folder
    from service.variables import SettingError

    try:
        folder = models_folder()
        settings = Settings.read(environment(folder))
        settings.access.check(ANYWHERE)  # whoever has a function's address reaches it
        app = App(folder, settings)
    except (PipelineError, SettingError) as error:
        sys.exit(str(error))
    gc.collect()
    gc.freeze()  # as in predictor.py
    return app
