"""What all operations of the OpenAPI description share: errors, ids, the shape of an answer."""

from typing import Any

from service.http.protocol import SANE_ID
from service.http.tables import JSON

Schema = dict[str, Any]
ID = {"type": "string", "pattern": f"^{SANE_ID.pattern.decode()}$", "description": "given as X-Request-ID, or made"}


def answer_of(properties: Schema) -> Schema:
    """An answer that holds these, and what each answer says of itself."""
    own = {"request_id": ID, "model_version": {"type": "string"}}
    return {"type": "object", "required": [*properties, *own], "properties": properties | own}


def error() -> Schema:
    """An error."""
    schema = answer_of({"error": {"type": "string"}})
    schema["properties"]["problems"] = {"type": "array", "items": {"type": "string"}}
    return schema


def get(summary: str, description: str, media: str) -> Schema:
    """Something to look at."""
    return {"summary": summary, "responses": {"200": {"description": description, "content": {media: {}}}}}


def id_header() -> Schema:
    """The header that names a request."""
    about = "names the request; one of another form is replaced"
    return {
        "name": "X-Request-ID",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": about,
    }


def responses(content: Schema, *errors: int) -> Schema:
    """An answer, and the errors by their codes."""
    said = {
        400: "The request does not fit; the error names rows and fields",
        406: "No such format",
        408: "The body came too slowly",
        409: "Another label was given before",
        413: "Too large",
        415: "A body of another type",
        500: "The model failed",
        503: "Too many large bodies at once",
    }
    content_of_error = {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"200": {"description": "The answer", "content": content}} | {
        str(code): {"description": said[code], "content": content_of_error} for code in errors
    }
