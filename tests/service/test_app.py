"""The service over HTTP, in this process."""

import asyncio
import json
from typing import Any

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.model import predicting, saving
from pipeline.model.signature import Signature
from tests.service.conftest import Start, digits, notes, numbers, people, rows_of

TABLES = {"people": people, "notes": notes, "digits": digits, "numbers": numbers}


@pytest.mark.parametrize("name", TABLES)
def test_answers_are_those_of_the_pipeline(name: str, start: Start, folders: dict) -> None:
    """Every kind of table: what comes over HTTP is pipeline.model.predicting.predict's to the last bit."""
    frame, running = TABLES[name](), start(name)
    fitted, signature = saving.load(folders[name] / "model.skops"), Signature.load(folders[name] / "signature.json")
    rows = rows_of(frame, 50)
    expected = predicting.predict(fitted, signature, frame.head(50))
    answer = running.post("/predict", {"rows": rows})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["predictions"] == expected["prediction"].tolist()
    if signature.classes is None:
        assert "probabilities" not in said
    else:
        chances = [[row[str(label)] for label in signature.classes] for row in said["probabilities"]]
        assert chances == expected[[f"p_{label}" for label in signature.classes]].to_numpy().tolist()


def test_one_row_has_one_answer(start: Start) -> None:
    """{"row": ...} is answered with one prediction, the same as in a list."""
    running, (row,) = start("people"), rows_of(people(), 1)
    one, many = (running.post("/predict", {"row": row}).json(), running.post("/predict", {"rows": [row]}).json())
    assert one["prediction"] == many["predictions"][0]
    assert one["probabilities"] == many["probabilities"][0]
    (row,) = rows_of(numbers(), 1)
    assert start("numbers").post("/predict", {"row": row}).json().keys() == {
        "prediction", "request_id", "model_version",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("POST", "/predict", {"json": {"rows": rows_of(people(), 2)}}),
        ("POST", "/predict", {"json": {"rows": []}}),
        ("POST", "/feedback", {"json": {"request_id": "a", "label": "yes"}}),
        ("GET", "/nowhere", {}),
        ("GET", "/predict", {}),
    ],
)
def test_every_answer_says_which_request_and_model(method: str, path: str, options: dict, start: Start) -> None:
    """In the headers and the body, good or bad; a sane id that is given comes back."""
    answer = start("people").ask(method, path, headers={"X-Request-ID": "order-7"}, **options)
    assert (answer.headers["x-request-id"], answer.headers["x-model-version"]) == ("order-7", "v1")
    assert (answer.json()["request_id"], answer.json()["model_version"]) == ("order-7", "v1")


@pytest.mark.parametrize("path", ["/", "/model", "/docs.json", "/metrics"])
def test_pages_carry_them_too(path: str, start: Start) -> None:
    """Each with an id of its own, for GET and HEAD."""
    running = start("people")
    got, head = running.get(path), running.ask("HEAD", path)
    assert (got.status_code, head.status_code) == (200, 200)
    assert got.headers["x-request-id"] != head.headers["x-request-id"]
    assert got.headers["x-model-version"] == "v1"


GOOD = rows_of(people(), 1)[0]


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ({"content": b"{"}, 400, "not JSON"),
        ({"content": b'{"row": {"age": NaN}}'}, 400, "not JSON"),
        ({"content": b"[" * 100_000}, 400, "recursion"),
        ({"content": b""}, 400, "not JSON"),
        ({"json": []}, 400, "the body must be"),
        ({"json": {}}, 400, "the body must be"),
        ({"json": {"row": GOOD, "rows": [GOOD]}}, 400, "the body must be"),
        ({"json": {"data": [GOOD]}}, 400, "the body must be"),
        ({"json": {"rows": []}}, 400, "one at least"),
        ({"json": {"rows": GOOD}}, 400, "must be a list"),
        ({"json": {"rows": [GOOD] * 6}}, 413, "more than 5"),
        ({"json": {"rows": [GOOD, {**GOOD, "age": "old"}]}}, 400, "rows[1]: column 'age' must be a number"),
        ({"json": {"rows": [{**GOOD, "aeg": 1}]}}, 400, "'aeg' is unknown; did you mean 'age'?"),
        ({"content": b'{"row": {"age": 1e999}}'}, 400, "is missing"),
        ({"content": json.dumps({"row": GOOD | {"age": 1}}).replace(": 1,", ": 1e999,").encode()}, 400, "too large"),
        ({"content": bytes(1_100_000)}, 413, "over 1 MiB"),
        ({"content": b"age,city", "headers": {"Content-Type": "text/csv"}}, 415, "send application/json"),
        ({"json": {"row": GOOD}, "headers": {"Content-Encoding": "gzip"}}, 415, "compressed"),
    ],
)
def test_a_bad_request_is_told_why(options: dict, status: int, said: str, start: Start, caplog: Any) -> None:
    """In one line, with the right status; nothing of it is in the log, and the next request is answered."""
    running = start("people", SERVICE_MAX_ROWS="5", SERVICE_MAX_BODY_MB="1")
    answer = running.post("/predict", **options)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert caplog.text == ""
    assert running.post("/predict", {"row": GOOD}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/predict/", 404),
        ("GET", "/predict", 405),
        ("POST", "/docs.json", 405),
        ("DELETE", "/", 405),
        ("OPTIONS", "/predict", 405),
    ],
)
def test_other_paths_and_methods_are_refused(method: str, path: str, status: int, start: Start) -> None:
    """404 says what there is, 405 which method does."""
    answer = start("people").ask(method, path)
    assert answer.status_code == status
    assert "/predict" in answer.json()["error"] or answer.headers["allow"]


def test_values_out_of_range_are_answered_and_counted(start: Start) -> None:
    """So are missing ones; both by column."""
    running = start("people")
    answer = running.post("/predict", {"rows": [GOOD | {"age": 300, "city": "Paris"}, GOOD | {"age": None}]})
    assert answer.status_code == 200
    assert running.count("mainline_inputs_out_of_range_total", column="age") == 1
    assert running.count("mainline_inputs_out_of_range_total", column="city") == 1
    assert running.count("mainline_inputs_missing_total", column="age") == 1
    assert running.count("mainline_inputs_missing_total", column="city") == 0


def test_predictions_and_requests_are_counted(start: Start) -> None:
    """By class; by endpoint and status, where unknown paths are one."""
    running = start("digits")
    said = running.post("/predict", {"rows": rows_of(digits(), 20)}).json()
    for i in range(3):
        running.get(f"/nowhere{i}")
    for digit in range(10):
        counted = running.count("mainline_predictions_total", prediction=str(digit))
        assert counted == said["predictions"].count(digit)
    own = {"service_name": "Predictor", "service_version": "v1", "runner_name": "Predictor"}
    for endpoint, code, count in (("/predict", "200", 1), ("other", "404", 3)):
        labels = own | {"endpoint": endpoint, "http_response_code": code}
        assert running.count("bentoml_service_request_total", **labels) == count


def test_numbers_are_counted_by_the_training_targets_deciles(start: Start) -> None:
    """Or by the edges that the environment gives, as a canary is given its champion's."""
    rows = rows_of(numbers(), 300)
    usual, other = start("numbers"), start("numbers", PREDICTION_EDGES="-1,1")
    said, _ = [running.post("/predict", {"rows": rows}).json()["predictions"] for running in (usual, other)]
    assert other.count("mainline_predictions_total", prediction="<=-1.0") == sum(each <= -1 for each in said)
    assert other.count("mainline_predictions_total", prediction=">1.0") == sum(each > 1 for each in said)
    edges = np.quantile(numbers()["label"], np.arange(1, 10) / 10).tolist()
    tenths = [usual.count("mainline_predictions_total", prediction=f"<={edge!r}") for edge in edges]
    assert sum(tenths) == sum(each <= edges[-1] for each in said)
    assert min(tenths) > 15


def test_a_model_that_fails_is_a_500_without_a_traceback(
    start: Start, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log names the request in one line, without values; the service goes on."""
    running = start("people")

    def fail(inputs: Any) -> Any:
        raise ValueError(f"cannot do {GOOD}")

    with monkeypatch.context() as patch:
        patch.setattr(running.app._engine, "_values", fail)
        answer = running.post("/predict", {"row": GOOD}, headers={"X-Request-ID": "order-7"})
    assert answer.status_code == 500
    assert answer.json()["error"] == "the model failed on these rows: ValueError"
    assert "order-7" in caplog.text
    assert "Traceback" not in caplog.text
    assert "cannot do" not in caplog.text
    assert running.post("/predict", {"row": GOOD}).status_code == 200


def test_a_model_that_fails_on_values_out_of_range_is_the_callers_matter(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400, with the columns."""
    running = start("people")

    def fail(inputs: Any) -> Any:
        raise ModelError("the model has no answer")

    monkeypatch.setattr(running.app._engine, "answer", fail)
    answer = running.post("/predict", {"row": GOOD | {"age": 1e29}})
    assert answer.status_code == 400
    assert answer.json()["error"] == "the model has no answer; values outside of their range: age"


def test_a_mistake_of_the_service_itself_is_a_500_in_one_line(start: Start, caplog: Any) -> None:
    """No traceback, neither in the answer nor in the log."""
    running = start("people")
    running.app._ranges = None
    answer = running.post("/predict", {"row": GOOD})
    assert (answer.status_code, answer.json()["error"]) == (500, "the service failed; the log names this request")
    assert caplog.messages == [f"request {answer.headers['x-request-id']}: AttributeError in /predict"]
    assert "Traceback" not in caplog.text


def test_what_is_in_progress_ends(start: Start) -> None:
    """After good, bad and failed requests none is in progress, and no body is held."""
    running = start("people")
    running.post("/predict", {"row": GOOD})
    running.post("/predict", content=b"{")
    labels = {"service_name": "Predictor", "service_version": "v1", "runner_name": "Predictor", "endpoint": "/predict"}
    assert running.count("bentoml_service_request_in_progress", **labels) == 0
    assert running.app.predictions.bodies._held == 0


def test_a_caller_that_goes_away_leaves_nothing_behind(start: Start) -> None:
    """Cancelled while its body comes: not in progress any more."""
    running = start("people")

    async def never() -> Any:
        await asyncio.sleep(60)

    async def leave() -> None:
        scope = {"type": "http", "method": "POST", "path": "/predict", "headers": []}
        asked = asyncio.ensure_future(running.app(scope, never, never))
        await asyncio.sleep(0.01)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(leave())
    labels = {"service_name": "Predictor", "service_version": "v1", "runner_name": "Predictor", "endpoint": "/predict"}
    assert running.count("bentoml_service_request_in_progress", **labels) == 0


def test_large_requests_are_answered_like_small_ones(start: Start) -> None:
    """5,000 rows, read and predicted in the thread, are the same as 20 times 250 at once."""
    running, rows = start("digits"), rows_of(digits(), 500) * 10
    large = running.post("/predict", {"rows": rows}).json()["predictions"]
    first, second = (
        running.post("/predict", {"rows": part}).json()["predictions"] for part in (rows[:250], rows[250:500])
    )
    assert large == (first + second) * 10


def test_many_callers_get_their_own_answers(start: Start) -> None:
    """Forty at a time, of a model that is not answered at once."""
    running = start("notes")
    running.app._engine.at_once = False
    rows = rows_of(notes(), 40)
    alone = [running.post("/predict", {"row": row}).json()["prediction"] for row in rows]
    together = running.together([("POST", "/predict", {"json": {"row": row}}) for row in rows])
    assert [answer.json()["prediction"] for answer in together] == alone


def test_everything_is_recorded(start: Start) -> None:
    """Inputs, answers, versions and labels; a request of several rows in one line."""
    running, rows = start("people"), rows_of(people(), 4)
    said = running.post("/predict", {"rows": rows}, headers={"X-Request-ID": "order-7"}).json()
    running.post("/feedback", {"request_id": "order-7", "row": 2, "label": "yes"})
    predicted, labelled = running.records()
    assert predicted["request_id"] == labelled["request_id"] == "order-7"
    assert predicted["model_version"] == labelled["model_version"] == "v1"
    assert predicted["predictions"] == said["predictions"]
    assert predicted["probabilities"]["yes"] == [row["yes"] for row in said["probabilities"]]
    assert predicted["inputs"]["age"] == [row["age"] for row in rows]
    assert predicted["inputs"]["since"][0].startswith(rows[0]["since"][:10])
    assert (labelled["row"], labelled["label"]) == (2, "yes")
    assert running.count("mainline_records_total", what="written") == 5


def test_private_columns_are_left_out_or_hashed(start: Start) -> None:
    """Without a key there is nothing of them; with one the same hash for the same value."""
    rows = [GOOD | {"city": "Ulm"}, GOOD | {"city": "Ulm"}, GOOD | {"city": "Bonn"}]
    for key in ("", "secret"):
        running = start("private", RECORDS_KEY=key)
        running.post("/predict", {"rows": rows})
        (record,) = running.records()
        assert "Ulm" not in json.dumps(record)
        assert str(GOOD["height"]) not in json.dumps(record)
        if key:
            first, second, third = record["inputs"]["city"]
            assert first == second != third
        else:
            assert record["inputs"].keys() == {"age", "since"}


def test_the_model_is_described(start: Start) -> None:
    """Version, commit, data hash and gate verdict from the environment, "unknown" where unset; and the signature."""
    said = start("people").get("/model").json()
    assert (said["version"], said["commit"], said["data_hash"], said["gate_verdict"]) == ("v1", *["unknown"] * 3)
    names = {"MODEL_COMMIT": "abc", "MODEL_DATA_HASH": "d41d8", "MODEL_GATE_VERDICT": "PASS"}
    said = start("people", **names).get("/model").json()
    assert (said["commit"], said["data_hash"], said["gate_verdict"]) == ("abc", "d41d8", "PASS")
    assert said["estimator"] == "sklearn.tree.DecisionTreeClassifier"
    assert [column["name"] for column in said["signature"]["columns"]] == ["age", "city", "since", "height"]
    assert said["signature"]["classes"] == ["no", "yes"]
    assert "sealed" not in said["signature"]  # which rows judge a model is nothing for those who ask it


@pytest.mark.parametrize("path", ["/model", "/docs.json", "/"])
def test_facts_of_private_columns_are_told_to_nobody(path: str, start: Start) -> None:
    """Not their categories, not their ranges."""
    public, private = start("people").get(path).text, start("private").get(path).text
    assert "Bonn" in public
    assert "Bonn" not in private
    assert str(people()["height"].max()) not in private
