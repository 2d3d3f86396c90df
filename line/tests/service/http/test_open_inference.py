"""The Open Inference Protocol: as its published schema has it, tensors in and out, and what is none."""

import json
from typing import Any

import jsonschema
import numpy as np
import pytest

from pipeline.model.signature import Signature
from service.http.open_inference import Inference, OpenInference
from service.http.protocol import Refused
from service.http.rows import Grid, Reader
from service.predict.engine import Answers
from tests.service.conftest import Running, Start, digits, notes, numbers, people, rows_of

TABLES = {"people": people, "notes": notes, "digits": digits, "numbers": numbers}
LABELS = {"service_name": "Predictor", "service_version": "v1", "runner_name": "Predictor"}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(of: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/{of}"}}


# As kserve/open-inference-protocol has it: specification/protocol/open_inference_rest.yaml, components/schemas.
TEXT, INTEGERS = {"type": "string"}, {"type": "array", "items": {"type": "integer"}}
ONE_OF_DATA = [{"$ref": "#/tensor_data"}, {"type": "number"}, TEXT, {"type": "boolean"}]
PUBLISHED = {
    "parameters": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
    "tensor_data": {"type": "array", "items": {"anyOf": ONE_OF_DATA}},
    "tensor": _object("name shape datatype data", name=TEXT, shape=INTEGERS, datatype=TEXT,
                      parameters={"$ref": "#/parameters"}, data={"$ref": "#/tensor_data"}),
    "output": _object("name", name=TEXT, parameters={"$ref": "#/parameters"}),
    "request": _object("inputs", id=TEXT, parameters={"$ref": "#/parameters"}, inputs=_list("tensor"),
                       outputs=_list("output")),
    "response": _object("model_name outputs", model_name=TEXT, model_version=TEXT, id=TEXT,
                        parameters={"$ref": "#/parameters"}, outputs=_list("tensor")),
    "metadata_tensor": _object("name datatype shape", name=TEXT, datatype=TEXT, shape=INTEGERS),
    "model": _object("name platform", name=TEXT, versions={"type": "array", "items": TEXT}, platform=TEXT,
                     inputs=_list("metadata_tensor"), outputs=_list("metadata_tensor")),
    "server": _object("name version extensions", name=TEXT, version=TEXT, extensions={"type": "array", "items": TEXT}),
    "error": _object("error", error=TEXT),
}  # fmt: skip


def conforms(content: Any, part: str) -> None:
    """That something is as the protocol's schema says."""
    jsonschema.Draft202012Validator({**PUBLISHED, "$ref": f"#/{part}"}).validate(content)


def tensors(rows: list[dict[str, Any]], running: Running) -> list[dict[str, Any]]:
    """Rows, as the model's own metadata says that it takes them."""
    told = running.get("/v2/models/model").json()["inputs"]
    return [
        {"name": t["name"], "shape": [len(rows)], "datatype": t["datatype"], "data": [row[t["name"]] for row in rows]}
        for t in told
    ]


def infer(running: Running, content: Any, **headers: str) -> Any:
    """Ask."""
    sent = {"Content-Type": "application/json", "X-Request-ID": "same", **headers}
    body = content if isinstance(content, bytes) else json.dumps(content)
    return running.post("/v2/models/model/infer", content=body, headers=sent)


def table(answer: Any) -> dict[str, list[Any]]:
    """The tensors of an answer by name."""
    assert answer.status_code == 200, answer.text
    conforms(answer.json(), "response")
    return {tensor["name"]: tensor["data"] for tensor in answer.json()["outputs"]}


@pytest.mark.parametrize("name", TABLES)
def test_it_answers_as_predict_does(name: str, start: Start) -> None:
    """To the last bit; request and answer are as the protocol has them, and as the metadata says."""
    running, rows = start(name), rows_of(TABLES[name]().dropna(), 7)
    said = running.post("/predict", {"rows": rows}, headers={"X-Request-ID": "same"}).json()
    asked = {"id": "mine", "inputs": tensors(rows, running), "parameters": {"x": 1}}
    conforms(asked, "request")
    answer = infer(running, asked)
    found = table(answer)
    assert found.pop("prediction") == said["predictions"]
    chances = said.get("probabilities", [{}] * 7)
    assert [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)] == (
        [{f"p_{label}": value for label, value in row.items()} for row in chances] if found else []
    )
    content, told = answer.json(), running.get("/v2/models/model").json()
    assert (content["id"], content["model_name"], content["model_version"]) == ("mine", "model", "v1")
    assert content["parameters"] == {"request_id": "same"}
    assert {each["shape"][0] for each in content["outputs"]} == {7}
    assert [(t["name"], t["datatype"]) for t in told["outputs"]] == [
        (t["name"], t["datatype"]) for t in content["outputs"]
    ]


def test_pages_are_as_the_protocol_has_them(start: Start) -> None:
    """Server, model, and that both are ready; another model is none of ours."""
    running = start("people", MODEL_NAME="churn-1.2")
    for path, part in {"/v2": "server", "/v2/": "server", "/v2/models/churn-1.2": "model"}.items():
        answer = running.get(path)
        assert answer.status_code == 200
        conforms(answer.json(), part)
    assert running.get("/v2/health/live").json() == {"live": True}
    assert running.get("/v2/health/ready").json() == {"ready": True}
    assert running.get("/v2/models/churn-1.2/ready").json() == {"name": "churn-1.2", "ready": True}
    other = running.get("/v2/models/model")
    assert other.status_code == 404
    conforms(other.json(), "error")


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("datatype", ["FP64", "FP32", "INT64", "UINT8"])
def test_numbers_may_come_as_one_tensor(nested: bool, datatype: str, start: Start) -> None:
    """All columns in the signature's order, as a list of lists or flat."""
    running, rows = start("digits"), [list(row.values()) for row in rows_of(digits(), 3)]
    data = rows if nested else [value for row in rows for value in row]
    whole = {"name": "input-0", "shape": [3, len(rows[0])], "datatype": datatype, "data": data}
    expected = infer(running, {"inputs": tensors(rows_of(digits(), 3), running)})
    assert infer(running, {"inputs": [whole]}).content == expected.content


def test_what_is_missing_is_null_or_nan(start: Start) -> None:
    """As /predict has it; a column may be of shape [rows, 1] too."""
    running, row = start("people"), {"age": None, "city": "Ulm", "since": None, "height": 170.0}
    expected = running.post("/predict", {"row": row}, headers={"X-Request-ID": "same"}).json()["prediction"]
    for blank in (None, float("nan")):
        sent = tensors([{**row, "age": blank}], running)
        sent[0] |= {"shape": [1, 1], "data": [sent[0]["data"]]}
        assert table(infer(running, {"inputs": sent}))["prediction"] == [expected]


def test_some_outputs_may_be_asked(start: Start) -> None:
    """Those alone come, in the order that was asked; the id is ours where none is given."""
    running, sent = start("people"), tensors(rows_of(people(), 2), start("people"))
    answer = infer(running, {"inputs": sent, "outputs": [{"name": "p_yes"}, {"name": "prediction"}]})
    assert list(table(answer)) == ["p_yes", "prediction"]
    assert answer.json()["id"] == "same"


A = {"name": "a", "shape": [1], "datatype": "FP64", "data": [1.0]}
B = {**A, "name": "b"}
WHOLE = {"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], 'the body must be {"inputs": ['),
        ({"inputs": []}, 'the body must be {"inputs": ['),
        ({"inputs": [1]}, "inputs[0]: must be {"),
        ({"inputs": [A, {**B, "name": 2}]}, "inputs[1]: must be {"),
        ({"inputs": [A]}, "column 'b' is missing"),
        ({"inputs": [A, B, B]}, "column 'b' is there twice"),
        ({"inputs": [A, {**B, "name": "bb"}]}, "column 'b' is missing; did you mean 'bb'?"),
        ({"inputs": [A, {**B, "datatype": "FP128"}]}, "input 'b': datatype must be one of BOOL, BYTES, FP16"),
        ({"inputs": [A, {**B, "datatype": ["FP64"]}]}, "input 'b': datatype must be one of"),
        ({"inputs": [A, {**B, "data": 1}]}, "input 'b': data must be a list in JSON (binary_data=False)"),
        ({"inputs": [A, {**B, "shape": []}]}, "input 'b': shape must be [rows] or [rows, columns]"),
        ({"inputs": [A, {**B, "shape": [-1]}]}, "shape must be"),
        ({"inputs": [A, {**B, "shape": [True]}]}, "shape must be"),
        ({"inputs": [A, {**B, "shape": [10**30]}]}, "shape must be"),
        ({"inputs": [A, {**B, "shape": [1, 1, 1]}]}, "shape must be"),
        ({"inputs": [A, {**B, "shape": [1, 2]}]}, "input 'b': shape of a column must be [rows] or [rows, 1]"),
        ({"inputs": [A, {**B, "shape": [2], "data": [1, 2]}]}, "inputs: must all have as many rows"),
        ({"inputs": [A, {**B, "data": [1, 2]}]}, "input 'b': shape says 1 values, data has 2"),
        ({"inputs": [A, {**B, "data": [[1]]}]}, "rows[0]: column 'b' must be a number; it is a list"),
        ({"inputs": [A, {**B, "data": ["x"]}]}, "rows[0]: column 'b' must be a number; it is text"),
        ({"inputs": [A, {**B, "parameters": {"content_type": "base64"}}]}, "input 'b': is in base64"),
        ({"inputs": [{**A, "shape": [0], "data": []}, {**B, "shape": [0], "data": []}]}, "there are no rows"),
        ({"inputs": [{**WHOLE, "shape": [1, 3], "data": [1, 2, 3]}]}, "[1, 3], and the model reads 2 columns"),
        ({"inputs": [{**WHOLE, "data": [1]}]}, "input 'x': shape says 2 values, data has 1"),
        ({"inputs": [A, B], "id": 7}, "id: must be a text"),
        ({"inputs": [A, B], "id": "x" * 1001}, "id: must be a text"),
        ({"inputs": [A, B], "outputs": {}}, ""),
        ({"inputs": [A, B], "outputs": {"name": "x"}}, "outputs: must be a list"),
        ({"inputs": [A, B], "outputs": [{"name": "p_yes"}]}, "outputs: there is no 'p_yes'"),
        ({"inputs": [A, B], "outputs": [{"name": ["x"]}]}, "outputs: there is no"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_told_why(content: Any, said: str, start: Start) -> None:
    """In one line, as the protocol has errors."""
    answer = infer(start("numbers"), content)
    assert answer.status_code == (400 if said else 200), answer.text
    if said:
        conforms(answer.json(), "error")
        assert said in answer.json()["error"]


def test_one_tensor_stands_for_columns_only_where_all_are_numbers(start: Start) -> None:
    """Words have no place among numbers."""
    answer = infer(start("people"), {"inputs": [{**WHOLE, "shape": [1, 4], "data": [1, 2, 3, 4]}]})
    assert "must be one for each column" in answer.json()["error"]


def test_rows_and_bodies_are_bounded(start: Start) -> None:
    """As those of /predict are; a body of another type is refused."""
    running = start("numbers", SERVICE_MAX_ROWS="10", SERVICE_MAX_BODY_MB="1")
    for rows, status in ((10, 200), (11, 413)):
        many = {"shape": [rows], "data": [1.0] * rows}
        assert infer(running, {"inputs": [A | many, B | many]}).status_code == status
        whole = {**WHOLE, "shape": [rows, 2], "data": [1.0] * 2 * rows}
        assert infer(running, {"inputs": [whole]}).status_code == status
    assert infer(running, b" " * 1_100_000).status_code == 413
    assert infer(running, b"{}", **{"Content-Type": "application/octet-stream"}).status_code == 415


def test_the_binary_form_is_refused_by_name(start: Start) -> None:
    """As Triton's client sends it, unless it is told not to."""
    answer = infer(start("numbers"), b'{"inputs": []}\0\0', **{"Inference-Header-Content-Length": "14"})
    assert answer.status_code == 415
    assert "binary_data=False" in answer.json()["error"]


def test_it_is_counted_recorded_and_labelled(start: Start) -> None:
    """By one name, whatever the model's is; by our id, not by the caller's."""
    running = start("numbers", MODEL_NAME="model")
    answer = infer(running, {"id": "mine", "inputs": [A, B]}).json()
    label = answer["outputs"][0]["data"][0]
    told = {"request_id": answer["parameters"]["request_id"], "label": label}
    assert running.post("/feedback", told).json()["outcome"] == "right"
    labels = {**LABELS, "endpoint": "/v2/models/{name}/infer", "http_response_code": "200"}
    assert running.count("bentoml_service_request_total", **labels) == 1
    assert [record["kind"] for record in running.records()] == ["predictions", "feedback"]


SIGNATURE: Any = {"task": "binary", "target": "y", "estimator": "sklearn.x", "rows": 1}
SIGNATURE["columns"] = ({"name": "a", "kind": "numeric"},)


@pytest.mark.parametrize(
    ("classes", "datatype", "first"),
    [
        ((1, 2), "INT64", 1),
        (("a", "b"), "BYTES", "a"),
        ((1, 2.5), "FP64", 1.0),
        ((False, True), "BOOL", False),
        ((1, "b"), "BYTES", "1"),
        ((2**70, 1), "BYTES", str(2**70)),
    ],
)
def test_labels_have_a_datatype(classes: Any, datatype: str, first: Any) -> None:
    """The one that holds all of them."""
    door = OpenInference("m", "v", Reader(Signature(**SIGNATURE)), classes)
    assert door.metadata("sklearn.x")["outputs"][0]["datatype"] == datatype
    answers = Answers(np.array([0]), np.array([[0.7, 0.3]]))
    asked = Inference(Grid([], []), None, ("prediction",))
    said = door.answer(asked, answers, "r")["outputs"][0]
    assert (said["datatype"], said["data"]) == (datatype, [first])
    assert type(said["data"][0]) is type(first)
    with pytest.raises(Refused):
        door.read({"inputs": "x"})
