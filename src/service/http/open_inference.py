"""Open Inference Protocol, version 2, for tables: a tensor for each column comes in, one for each column goes out.

A model of numbers alone also takes all of its columns as one tensor of two dimensions. What is missing is null, or NaN.
https://github.com/kserve/open-inference-protocol
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod
from typing import Any

from pipeline.sections import Label
from service.http.hints import hint, shown
from service.http.protocol import Refused
from service.http.rows import Grid, Reader, in_order
from service.predict.engine import Answers

DATATYPES = frozenset(
    ("BOOL", "BYTES", "FP16", "FP32", "FP64", *(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)))
)
LONGEST_ID = 1000
INPUT = '{"name": ..., "shape": [...], "datatype": ..., "data": [...]}'


@dataclass(frozen=True)
class Inference:
    """One request, understood."""

    grid: Grid
    id: str | None
    outputs: tuple[str, ...]
    """The tensors to answer with."""


class OpenInference:
    """Reads and answers for one model."""

    def __init__(self, name: str, version: str, reader: Reader, classes: Sequence[Label] | None) -> None:
        """Args: name, of the model in the paths; reader, of its rows; classes, that it tells apart."""
        self._name, self._version, self._classes, self._orders = name, version, classes, reader.orders
        numbers = {column.name for column in reader.layout.numbers}
        self._kinds = {name: "FP64" if name in numbers else "BYTES" for name in reader.orders[0]}
        self._known = reader.known
        self._datatype = "FP64" if classes is None else _datatype(classes)
        self._outputs = ("prediction", *(f"p_{label}" for label in classes or ()))
        self._datatypes = dict.fromkeys(self._outputs, "FP64") | {"prediction": self._datatype}

    def metadata(self, estimator: str) -> dict[str, Any]:
        """What GET /v2/models/NAME tells; estimator, the import path of the model's type."""
        return {
            "name": self._name,
            "platform": estimator.partition(".")[0],
            "inputs": [{"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in self._kinds.items()],
            "outputs": [
                {"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in self._datatypes.items()
            ],
        }

    def read(self, content: Any) -> Inference:
        """Understand the body of a request; its rows are not yet checked by the signature.

        Raises:
            Refused: 400, it is none.
        """
        inputs = content.get("inputs") if isinstance(content, dict) else None
        if not isinstance(inputs, list) or not inputs:
            raise Refused(400, f'the body must be {{"inputs": [{INPUT}, ...]}}')
        for i, each in enumerate(inputs):
            _check_input(i, each)
        given = content.get("id")
        if given is not None and not (isinstance(given, str) and len(given) <= LONGEST_ID):
            raise Refused(400, f"id: must be a text of up to {LONGEST_ID:,} characters")
        return Inference(self._grid(inputs), given, self._wanted(content.get("outputs")))

    def answer(self, asked: Inference, answers: Answers, request_id: str) -> dict[str, Any]:
        """What is answered."""
        rows = len(answers.values)
        said: dict[str, list[Any]] = {"prediction": answers.values.tolist()}
        if answers.places is not None and self._classes is not None:
            labels = [_as(label, self._datatype) for label in self._classes]
            said = {"prediction": [labels[place] for place in answers.places.tolist()]}
            said |= dict(zip(self._outputs[1:], answers.values.T.tolist(), strict=True))
        return {
            "model_name": self._name,
            "model_version": self._version,
            "id": request_id if asked.id is None else asked.id,
            "parameters": {"request_id": request_id},
            "outputs": [
                {"name": name, "shape": [rows], "datatype": self._datatypes[name], "data": said[name]}
                for name in asked.outputs
            ],
        }

    def example(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """A request of such rows."""
        tensors = [
            {"name": name, "shape": [len(rows)], "datatype": datatype, "data": [row[name] for row in rows]}
            for name, datatype in self._kinds.items()
        ]
        return {"id": "42", "inputs": tensors}

    def _grid(self, inputs: list[Any]) -> Grid:
        first = inputs[0]
        if len(inputs) == 1 and len(first["shape"]) == 2 and first["name"] not in self._known:
            return self._whole(first)
        counts = {each["shape"][0] for each in inputs}
        for each in inputs:
            if each["shape"][1:] not in ([], [1]):
                raise Refused(400, f"input {shown(each['name'])!r}: shape of a column must be [rows] or [rows, 1]")
        if len(counts) > 1:
            raise Refused(400, "inputs: must all have as many rows")
        columns = [_flat(each) for each in inputs]
        return Grid([each["name"] for each in inputs], list(zip(*columns, strict=True)))

    def _whole(self, tensor: dict[str, Any]) -> Grid:
        rows, width = tensor["shape"]
        if "BYTES" in self._kinds.values():
            raise Refused(400, "inputs: must be one for each column, as not all columns are numbers")
        if width not in map(len, self._orders):
            said = f"is of shape [{rows}, {width}], and the model reads {len(self._kinds):,} columns"
            raise Refused(400, f"input {shown(tensor['name'])!r}: {said}")
        values = _flat(tensor)
        return in_order([values[i : i + width] for i in range(0, len(values), width)], self._orders)

    def _wanted(self, outputs: Any) -> tuple[str, ...]:
        if not outputs:
            return self._outputs
        if not isinstance(outputs, list) or not all(isinstance(each, dict) for each in outputs):
            raise Refused(400, 'outputs: must be a list of {"name": ...}')
        for name in (each.get("name") for each in outputs):
            if not isinstance(name, str) or name not in self._datatypes:
                said = shown(name) if isinstance(name, str) else ""
                raise Refused(400, f"outputs: there is no {said!r}{hint(said, self._outputs)}")
        return tuple(dict.fromkeys(each["name"] for each in outputs))


def _check_input(i: int, each: Any) -> None:
    """That an input has all of its parts, and what they should be."""
    if not isinstance(each, dict) or not isinstance(each.get("name"), str):
        raise Refused(400, f"inputs[{i}]: must be {INPUT}")
    name, shape, datatype, data = shown(each["name"]), each.get("shape"), each.get("datatype"), each.get("data")
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        raise Refused(400, f"input {name!r}: datatype must be one of {', '.join(sorted(DATATYPES))}")
    if not isinstance(data, list):
        raise Refused(400, f"input {name!r}: data must be a list in JSON (binary_data=False)")
    if not isinstance(shape, list) or len(shape) not in (1, 2) or not all(map(_is_size, shape)):
        raise Refused(400, f"input {name!r}: shape must be [rows] or [rows, columns]")
    parameters = each.get("parameters")
    if isinstance(parameters, dict) and parameters.get("content_type") == "base64":
        raise Refused(400, f"input {name!r}: is in base64; send the text as it is")


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _flat(tensor: dict[str, Any]) -> list[Any]:
    """The values of a tensor in a row, however they came.

    Raises:
        Refused: 400, they are not as many as its shape says.
    """
    shape, data = tensor["shape"], tensor["data"]
    if len(shape) == 2 and len(data) == shape[0] and all(type(row) is list and len(row) == shape[1] for row in data):
        return list(chain.from_iterable(data))
    if len(data) != prod(shape):
        raise Refused(
            400, f"input {shown(tensor['name'])!r}: shape says {prod(shape):,} values, data has {len(data):,}"
        )
    return list(data)


def _datatype(classes: Sequence[Label]) -> str:
    kinds = {*map(type, classes)}
    if kinds == {bool}:
        return "BOOL"
    if kinds == {int}:
        return "INT64" if all(abs(int(label)) < 2**63 for label in classes) else "BYTES"
    return "FP64" if kinds <= {int, float} else "BYTES"


def _as(label: Label, datatype: str) -> Label:
    return str(label) if datatype == "BYTES" else float(label) if datatype == "FP64" else label
