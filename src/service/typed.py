"""The types of the service's BentoML methods: plain objects, whose schemas are made from the model's signature.

BentoML and its clients take schemas from here, and leave it to the service's own reader to say what is wrong with a
row, so that it is said in the same words, whoever asks.
"""

import copy
import functools
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import core_schema

Schema = dict[str, Any]


class Described:
    """An annotation: anything, described as a part of the OpenAPI description."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Anything goes."""
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        """The part; made when it is asked, as the signature takes a second to read."""
        return copy.deepcopy(_parts().get(self._part, {}))


@functools.cache
def _parts() -> dict[str, Schema]:
    from pipeline.errors import PipelineError
    from pipeline.model.signature import Signature
    from service import openapi
    from service.http.info import examples
    from service.settings import models_folder

    try:
        signature = Signature.load(models_folder() / "signature.json")
    except PipelineError:  # no model yet: the service says so when it starts
        return {}
    said = openapi.answers(signature)
    # As a list: of what is an "object" BentoML's clients send known fields alone, so that nobody is told of the others.
    row = openapi.row(signature, examples(signature)) | {"type": ["object"]}
    return {
        "row": row,
        "rows": {"type": "array", "items": row, "minItems": 1},
        "answer": {"oneOf": [said["Prediction"], said["Predictions"]]},
        "label": openapi.label(signature),
    }
