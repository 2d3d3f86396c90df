"""The OpenAPI description of the protocols that are not ours: MLflow's, and the Open Inference Protocol."""

from collections.abc import Sequence

from service.http import mlflow
from service.http.open_inference import DATATYPES, OpenInference
from service.http.tables import CSV, JSON, PARQUET
from service.openapi_parts import Schema, get, id_header, responses
from service.settings import Settings

NAMED = {"name": {"type": "string"}, "datatype": {"enum": sorted(DATATYPES)}}
SHAPE = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 2}
TENSOR = {
    "type": "object",
    "required": ["name", "shape", "datatype", "data"],
    "properties": NAMED | {"shape": SHAPE, "data": {"type": "array"}, "parameters": {"type": "object"}},
}
ASKED = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": "string"},
        "parameters": {"type": "object"},
        "inputs": {"type": "array", "items": TENSOR, "minItems": 1},
        "outputs": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    },
}
ANSWERED = {
    "type": "object",
    "required": ["model_name", "model_version", "id", "outputs"],
    "properties": {
        "model_name": {"type": "string"},
        "model_version": {"type": "string"},
        "id": {"type": "string"},
        "parameters": {"type": "object"},
        "outputs": {"type": "array", "items": TENSOR},
    },
}


def paths(settings: Settings, examples: Sequence[Schema], inference: OpenInference) -> dict[str, Schema]:
    """Their operations, by path."""
    model = f"/v2/models/{settings.name}"
    return {
        "/invocations": {"post": _invocations(settings, examples)},
        "/ping": {"get": get("Whether it is there", "As MLflow's clients ask", JSON)},
        "/version": {"get": get("The protocol's version", "Of MLflow", "text/plain")},
        "/v2": {"get": get("The server", "Open Inference Protocol", JSON)},
        "/v2/health/live": {"get": get("Whether it is there", "Open Inference Protocol", JSON)},
        "/v2/health/ready": {"get": get("Whether it answers", "Open Inference Protocol", JSON)},
        model: {"get": get("The model's tensors", "Open Inference Protocol", JSON)},
        f"{model}/ready": {"get": get("Whether the model answers", "Open Inference Protocol", JSON)},
        f"{model}/infer": {"post": _infer(examples, inference)},
    }


def _invocations(settings: Settings, examples: Sequence[Schema]) -> Schema:
    schema = mlflow.schema({"$ref": "#/components/schemas/Row"}, settings.max_rows)
    shown = {name: {"value": value} for name, value in mlflow.examples(examples).items()}
    return {
        "summary": "Predict rows as MLflow's clients send them",
        "operationId": "invocations",
        "parameters": [id_header()],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": schema, "examples": shown}, CSV: {}, PARQUET: {}},
        },
        "responses": responses(
            {JSON: {"schema": {"$ref": "#/components/schemas/Predictions"}}}, 400, 408, 413, 415, 500, 503
        ),
    }


def _infer(examples: Sequence[Schema], inference: OpenInference) -> Schema:
    shown = {"several": {"value": inference.example(examples)}}
    return {
        "summary": "Predict rows as clients of the Open Inference Protocol send them",
        "operationId": "infer",
        "parameters": [id_header()],
        "requestBody": {"required": True, "content": {JSON: {"schema": ASKED, "examples": shown}}},
        "responses": responses({JSON: {"schema": ANSWERED}}, 400, 408, 413, 415, 500, 503),
    }
