"""Answers that stay the same as long as the service runs: pages, descriptions, and that it is there at all."""

from typing import Any

from pipeline.model.signature import Signature
from service import openapi, page
from service.http import mlflow
from service.http.info import examples
from service.http.open_inference import OpenInference
from service.http.protocol import Reply, reply
from service.settings import Settings

# Swagger's files are BentoML's; its own page would load a tracker from elsewhere.
SWAGGER = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The service's description</title>
<link rel="stylesheet" href="./static_content/swagger-ui.css">
<body style="margin: 0; overflow-wrap: anywhere">
<div id="swagger-ui"></div>
<script src="./static_content/swagger-ui-bundle.js"></script>
<script src="./static_content/swagger-ui-standalone-preset.js"></script>
<script src="./static_content/swagger-initializer.js"></script>
</html>
"""
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
READY = {"ready": True}


def answers(
    signature: Signature, settings: Settings, about: dict[str, Any], inference: OpenInference
) -> dict[str, Reply]:
    """The answers by their paths; about, what GET /model tells."""
    rows, name = examples(signature), settings.name
    metadata = {"name": name, "version": settings.version, "extensions": []}
    return {
        "/": page.render(signature, settings, rows),
        "/model": reply(about),
        "/docs": Reply(200, SWAGGER.encode(), b"text/html; charset=utf-8", ((b"content-security-policy", POLICY),)),
        "/docs.json": reply(openapi.spec(signature, settings, rows, inference)),
        "/ping": Reply(200, b"\n"),
        "/version": Reply(200, mlflow.VERSION.encode(), b"text/plain; charset=utf-8"),
        "/v2": reply(metadata),
        "/v2/": reply(metadata),
        "/v2/health/live": reply({"live": True}),
        "/v2/health/ready": reply(READY),
        f"/v2/models/{name}": reply(inference.metadata(signature.estimator)),
        f"/v2/models/{name}/ready": reply({"name": name} | READY),
    }
