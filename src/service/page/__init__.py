"""The page at /, where a person tries the model: one document that asks nobody but this service."""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.model.signature import Signature
from service.http.info import public
from service.http.protocol import Reply
from service.settings import Settings

FOLDER = Path(__file__).parent
BODY, STYLE, SCRIPT = ((FOLDER / name).read_text(encoding="utf-8") for name in ("page.html", "style.css", "script.js"))


def render(signature: Signature, settings: Settings, examples: Sequence[dict[str, Any]]) -> Reply:
    """Make the page for a model."""
    columns = [public(column, signature).model_dump(exclude_none=True) for column in signature.columns]
    model = {"columns": columns, "classes": signature.classes, "examples": list(examples)}
    body = BODY.format(
        title=html.escape(f"Predict {signature.target}"),
        heading=f"Predicting <em>{html.escape(signature.target)}</em>",
        target=html.escape(signature.target),
        estimator=html.escape(signature.estimator.rpartition(".")[2]),
        version=html.escape(settings.version),
        rows=f"{signature.rows:,}",
        style=STYLE,
        model=json.dumps(model).replace("<", "\\u003c"),
        script=SCRIPT,
    )
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = ((b"content-security-policy", policy.encode()), (b"x-content-type-options", b"nosniff"))
    return Reply(200, body.encode(), b"text/html; charset=utf-8", headers)
