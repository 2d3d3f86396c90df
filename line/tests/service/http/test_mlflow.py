"""MLflow's protocol: each form that its scoring server takes, and what fits none."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.deployments import PredictionsResponse
from mlflow.utils.proto_json_utils import dump_input_data

from service.http.mlflow import read
from service.http.protocol import Refused
from service.http.rows import Grid
from tests.service.conftest import Running, Start, digits, notes, numbers, people, rows_of

ID = {"X-Request-ID": "same"}
TABLES = {"people": people, "notes": notes, "digits": digits, "numbers": numbers}


def invoke(running: Running, content: Any) -> Any:
    """POST /invocations; content as it is, or already written."""
    body = content if isinstance(content, (str, bytes)) else json.dumps(content)
    return running.post("/invocations", content=body, headers={**ID, "Content-Type": "application/json"})


def forms(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in each form."""
    names = list(rows[0])
    values = [list(row.values()) for row in rows]
    columns = {name: [row[name] for row in rows] for name in names}
    return [
        {"dataframe_split": {"columns": names, "data": values}},
        {"dataframe_split": {"columns": names[::-1], "data": [row[::-1] for row in values], "index": [7, 8]}},
        {"dataframe_records": rows},
        {"instances": rows, "params": None},
        {"instances": values, "params": {}},
        {"inputs": columns},
        {"inputs": rows},
        {"inputs": values},
    ]


@pytest.mark.parametrize("name", TABLES)
def test_each_form_is_answered_as_rows_are(name: str, start: Start) -> None:
    """The same bytes as /predict answers, with gaps where there are some."""
    running, rows = start(name), rows_of(TABLES[name](), 9)
    expected = running.post("/predict", {"rows": rows}, headers=ID)
    assert expected.status_code == 200
    for form in forms(rows):
        answer = invoke(running, form)
        assert (answer.status_code, answer.content) == (200, expected.content), form
        assert answer.headers["x-request-id"] == "same"


@pytest.mark.parametrize("name", TABLES)
def test_what_mlflows_client_writes_is_read(name: str, start: Start) -> None:
    """A DataFrame with NaN and NaT, an array of numbers; and what is answered is what it reads."""
    running, frame = start(name), TABLES[name]().head(9)
    expected = running.post("/predict", {"rows": rows_of(frame, 9)}, headers=ID).content
    features = frame.drop(columns=["row_id", "label"])
    sent = [frame, features, *([features.to_numpy()] if name in ("digits", "numbers") else [])]
    for data in sent:
        answer = invoke(running, dump_input_data(data))
        assert answer.content == expected
    said = PredictionsResponse.from_json(answer.text).get_predictions()
    assert said[0].tolist() == json.loads(expected)["predictions"]


def test_missing_words_and_dates_may_be_nan(start: Start) -> None:
    """As Python's JSON writes them, for any kind of column."""
    rows = [dict.fromkeys(rows_of(people(), 1)[0], float("nan"))]
    answer = invoke(start("people"), {"dataframe_records": rows})
    assert answer.status_code == 200
    assert answer.content == invoke(start("people"), {"dataframe_records": [dict.fromkeys(rows[0])]}).content


def test_csv_and_parquet_are_taken_as_mlflow_takes_them(start: Start, tmp_path: Any) -> None:
    """Answered in JSON, whatever is accepted."""
    running, frame = start("numbers"), numbers().head(5).drop(columns=["row_id", "label"])
    frame.to_parquet(tmp_path / "rows", index=False)
    expected = running.post("/predict", {"rows": frame.to_dict("records")}, headers=ID).content
    parquet = {"Content-Type": "application/vnd.apache.parquet", **ID}
    assert running.post("/invocations", content=(tmp_path / "rows").read_bytes(), headers=parquet).content == expected
    csv = {"Content-Type": "text/csv", "Accept": "text/csv", **ID}
    assert running.post("/invocations", content=frame.to_csv(index=False).encode(), headers=csv).content == expected
    other = running.post("/invocations", content=b"x", headers={"Content-Type": "text/plain"})
    assert other.status_code == 415
    assert "text/csv or application/vnd.apache.parquet or application/json" in other.json()["error"]


ROW = {"a": 1.0, "b": 2.0}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([ROW], "must have one of dataframe_split, dataframe_records, instances, inputs"),
        ({}, "must have one of"),
        ({"rows": [ROW]}, "must have one of"),
        ({"instances": [ROW], "inputs": [ROW]}, "must have one of"),
        ({"instances": [ROW], "signature_name": "x"}, "and nothing else"),
        ({"instances": [ROW], "params": {"temperature": 1}}, "params: the model takes none"),
        ({"instances": ROW}, "instances: must be a list of rows"),
        ({"instances": []}, "there are no rows"),
        ({"instances": [1.0]}, "rows[0]: must be an object"),
        ({"instances": [[1.0]]}, "rows[0]: has 1 values for 2 columns"),
        ({"instances": [[1.0, 2.0], ROW]}, "rows[1]: must be a list, with a value for each column; it is an object"),
        ({"instances": [[1.0, "x"]]}, "rows[0]: column 'b' must be a number; it is text"),
        ({"dataframe_records": [[1.0, 2.0]]}, "rows[0]: must be an object"),
        ({"dataframe_records": [{"a": 1.0}]}, "rows[0]: column 'b' is missing"),
        ({"dataframe_split": [ROW]}, "dataframe_split: must be an object with columns and data"),
        ({"dataframe_split": {"data": [[1, 2]]}}, "dataframe_split: must be an object with columns and data"),
        ({"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2]], "x": 1}}, "and maybe index"),
        ({"dataframe_split": {"columns": [0, 1], "data": [[1, 2]]}}, "columns must be a list of names"),
        ({"dataframe_split": {"columns": ["a", "b"], "data": {}}}, "data must be a list of rows"),
        ({"dataframe_split": {"columns": ["a", "b", "a"], "data": [[1, 2, 3]]}}, "column 'a' is there twice"),
        ({"dataframe_split": {"columns": ["a", "bb"], "data": [[1, 2]]}}, "column 'b' is missing; did you mean 'bb'?"),
        ({"inputs": {"a": [1], "b": [2, 3]}}, "inputs: must hold a list for each column, all of one length"),
        ({"inputs": {"a": 1, "b": 2}}, "inputs: must hold a list for each column"),
        ({"inputs": {"a": [1e31], "b": [2]}}, "rows[0]: column 'a' is too large"),
    ],
)
def test_what_fits_no_form_is_told_why(content: Any, said: str, start: Start) -> None:
    """In one line; nothing of it is predicted."""
    running = start("numbers")
    answer = invoke(running, content)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert running.count("mainline_predictions_total", prediction="any") == 0


def test_rows_and_bytes_are_bounded(start: Start) -> None:
    """In each form, as those of /predict are."""
    running = start("numbers", SERVICE_MAX_ROWS="8", SERVICE_MAX_BODY_MB="1")
    for rows, status in ((8, 200), (9, 413)):
        assert {invoke(running, form).status_code for form in forms([ROW] * rows)} == {status}
    assert invoke(running, b" " * 1_100_000).status_code == 413


def test_it_is_counted_and_recorded_once(start: Start) -> None:
    """By its own name; a label finds it."""
    running = start("numbers")
    said = invoke(running, {"instances": [[1.0, 2.0], [3.0, 4.0]]}).json()
    told = {"request_id": "same", "row": 1, "label": said["predictions"][1]}
    assert running.post("/feedback", told).json()["outcome"] == "right"
    labels = {"service_name": "Predictor", "service_version": "v1", "runner_name": "Predictor"}
    labels |= {"endpoint": "/invocations", "http_response_code": "200"}
    assert running.count("bentoml_service_request_total", **labels) == 1
    assert [record["kind"] for record in running.records()] == ["predictions", "feedback"]


def test_it_is_there(start: Start) -> None:
    """As MLflow's client asks."""
    running = start("numbers")
    assert running.get("/ping").status_code == 200
    assert running.get("/version").text == "2.0.0"


def test_rows_of_lists_are_of_the_signatures_order() -> None:
    """Names come from the signature where a form has none; from the caller where it has."""
    assert read({"instances": [[1, 2]]}, [["a", "b"]]) == Grid(["a", "b"], [[1, 2]])
    assert read({"inputs": {"b": [2], "a": [1]}}, [["a", "b"]]) == Grid(["b", "a"], [(2, 1)])
    assert read({"dataframe_records": [ROW]}, [["a", "b"]]) == [ROW]
    with pytest.raises(Refused):
        read(None, [["a"]])


def test_the_quick_reading_of_lists_is_that_of_objects(start: Start) -> None:
    """Numbers as text, words for nothing, truth values: a cell means the same in each form."""
    running = start("people")
    rows = [dict(zip(("age", "city", "since", "height"), cells, strict=True)) for cells in
            [("31", " Ulm ", "2024-1-5", True), ("NA", 7, None, np.pi)]]  # fmt: skip
    answers = {invoke(running, form).content for form in forms(rows)}
    assert len(answers) == 1
    assert pd.notna(json.loads(answers.pop())["predictions"][0])
