"""The service's OpenAPI description, made from the signature; its examples are rows that can be sent."""

from collections.abc import Sequence
from typing import Any

from pipeline.model.inputs import Layout
from pipeline.model.signature import Column, Signature
from pipeline.sections import Label
from service import openapi_protocols
from service.http.info import public
from service.http.open_inference import OpenInference
from service.http.rows import LARGEST
from service.http.tables import CSV, JSON, PARQUET
from service.openapi_parts import ID, Schema, answer_of, error, get, id_header, responses
from service.settings import Settings

ANY = {"type": ["string", "number", "boolean", "null"]}
KEYS = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def spec(signature: Signature, settings: Settings, examples: Sequence[Schema], inference: OpenInference) -> Schema:
    """The description, as a document of OpenAPI 3.1."""
    asked = bool(settings.access.keys)
    parts = {"Row": row(signature, examples), "Error": error(), **answers(signature)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{signature.target}: {signature.estimator.rpartition('.')[2]}",
            "version": settings.version,
            "description": "Made from the model's signature.",
        },
        "paths": {
            "/predict": {"post": _predict(settings, examples)},
            "/predict/table": {"post": _predict_table(settings, examples)},
            "/feedback": {"post": _feedback(signature)},
            "/model": {"get": get("The model", "Where it comes from, what it reads and answers", JSON)},
            "/metrics": {"get": get("Counters", "For Prometheus", "text/plain")},
            "/docs.json": {"get": get("This description", "OpenAPI 3.1", JSON)},
            "/docs": {"get": get("This description, as a page", "Swagger", "text/html")},
            "/": {"get": get("A page to try the model on", "HTML", "text/html")},
            **openapi_protocols.paths(settings, examples, inference),
        },
        "components": {"schemas": parts} | ({"securitySchemes": KEYS} if asked else {}),
    } | ({"security": [{name: []} for name in KEYS]} if asked else {})


def row(signature: Signature, examples: Sequence[Schema]) -> Schema:
    """What a row must and may hold."""
    layout = Layout.of(signature)
    read = {c.name: _values(public(c, signature)) for c in (*layout.numbers, *layout.dates, *layout.words)}
    others = {column.name: ANY for column in signature.columns if column.name not in read}
    may = {"row_id": ANY, signature.target: ANY} | others
    return {
        "type": "object",
        "required": list(read),
        "properties": may | read,
        "additionalProperties": False,
        "examples": list(examples),
    }


def _values(column: Column) -> Schema:
    """What a column's field may hold; ranges of the training rows are told, not required."""
    if column.kind == "numeric":
        schema: Schema = {"type": ["number", "boolean", "null"], "minimum": -LARGEST, "maximum": LARGEST}
        if column.minimum is not None:
            schema["description"] = f"in training from {column.minimum:g} to {column.maximum:g}"
        return schema
    if column.kind == "date":
        about = f"a date, in training from {column.minimum} to {column.maximum}" if column.minimum else "a date"
        return {"type": ["string", "null"], "format": "date", "description": about}
    schema = {"type": ["string", "number", "boolean", "null"]}
    if column.categories:
        schema["description"] = "in training: " + ", ".join(column.categories[:20])
    return schema


def answers(signature: Signature) -> dict[str, Schema]:
    """What is answered for one row, and for several."""
    said: Schema = {"type": "number"} if signature.classes is None else {"enum": list(signature.classes)}
    chances: Schema = {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}}
    one: Schema = {"prediction": said} | ({} if signature.classes is None else {"probabilities": chances})
    many = {"predictions": {"type": "array", "items": said}}
    if signature.classes is not None:
        many["probabilities"] = {"type": "array", "items": chances}
    return {"Prediction": answer_of(one), "Predictions": answer_of(many)}


def _predict(settings: Settings, examples: Sequence[Schema]) -> Schema:
    row = {"$ref": "#/components/schemas/Row"}
    rows = {"type": "array", "items": row, "minItems": 1, "maxItems": settings.max_rows}
    forms = [
        {"type": "object", "required": [name], "properties": {name: part}, "additionalProperties": False}
        for name, part in (("row", row), ("rows", rows))
    ]
    shown = {"one": {"value": {"row": examples[0]}}, "several": {"value": {"rows": list(examples)}}}
    said = [{"$ref": f"#/components/schemas/{name}"} for name in ("Prediction", "Predictions")]
    return {
        "summary": "Predict one row, or several",
        "operationId": "predict",
        "parameters": [id_header()],
        "requestBody": {"required": True, "content": {JSON: {"schema": {"oneOf": forms}, "examples": shown}}},
        "responses": responses({JSON: {"schema": {"oneOf": said}}}, 400, 408, 413, 415, 500, 503),
    }


def _predict_table(settings: Settings, examples: Sequence[Schema]) -> Schema:
    names = list(examples[0])
    lines = [",".join(names), *(",".join(_cell(row[name]) for name in names) for row in examples)]
    rows = {"type": "array", "items": {"$ref": "#/components/schemas/Row"}, "minItems": 1}
    shown = {"several": {"value": {"table": list(examples)}}}
    tables = {
        CSV: {"schema": {"type": "string"}, "example": "\n".join(lines) + "\n"},
        PARQUET: {},
        JSON: {"schema": {"type": "object", "required": ["table"], "properties": {"table": rows}}, "examples": shown},
    }
    return {
        "summary": f"Predict a table of up to {settings.max_rows:,} rows; Accept says in which format to answer",
        "operationId": "predict_table",
        "parameters": [id_header()],
        "requestBody": {"required": True, "content": tables},
        "responses": responses(
            {JSON: {"schema": {"$ref": "#/components/schemas/Predictions"}}, CSV: {}, PARQUET: {}},
            *(400, 406, 408, 413, 415, 500, 503),
        ),
    }


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text


def label(signature: Signature) -> Schema:
    """What may be said to have been right."""
    number = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
    return number if signature.classes is None else {"enum": list(signature.classes)}


def _feedback(signature: Signature) -> Schema:
    example: Label = 1.5 if signature.classes is None else signature.classes[0]
    schema = {
        "type": "object",
        "required": ["request_id", "label"],
        "additionalProperties": False,
        "properties": {
            "request_id": ID,
            "label": label(signature),
            "row": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "default": 0},
        },
    }
    outcomes = ["right", "wrong", "duplicate", "contradicting", "unmatched"]
    said = answer_of({"outcome": {"enum": outcomes}, "label_of": ID, "row": {"type": "integer"}})
    shown = {"one": {"value": {"request_id": "the-id-of-an-answer", "label": example}}}
    return {
        "summary": "Say what was right; again, late or too often does no harm",
        "operationId": "feedback",
        "parameters": [id_header()],
        "requestBody": {"required": True, "content": {JSON: {"schema": schema, "examples": shown}}},
        "responses": responses({JSON: {"schema": said}}, 400, 408, 409, 413, 415, 503),
    }
