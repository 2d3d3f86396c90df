"""CSV and Parquet over HTTP."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.model import predicting, saving
from pipeline.model.signature import Signature
from service.http.protocol import Refused
from service.http.tables import CSV, JSON, PARQUET, wanted
from tests.service.conftest import Running, Start, digits, notes, numbers, people

TABLES = {"people": people, "notes": notes, "digits": digits, "numbers": numbers}


def parquet(frame: pd.DataFrame) -> bytes:
    """A table as a Parquet file."""
    stream = io.BytesIO()
    frame.to_parquet(stream, index=False)
    return stream.getvalue()


def csv(frame: pd.DataFrame) -> bytes:
    """A table as CSV."""
    return frame.to_csv(index=False).encode()


def send(running: Running, body: bytes, media: str = CSV, accept: str = "*/*") -> Any:
    """Upload a table."""
    return running.post("/predict/table", content=body, headers={"Content-Type": media, "Accept": accept})


def table_of(answer: Any) -> pd.DataFrame:
    """The table in an answer."""
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == PARQUET:
        return pd.read_parquet(io.BytesIO(answer.content))
    return pd.read_csv(io.BytesIO(answer.content), dtype={"row_id": str}, float_precision="round_trip")


@pytest.mark.parametrize("write", [csv, parquet])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_answered_as_the_pipeline_does(name: str, write: Any, start: Start, folders: dict) -> None:
    """row_id, predictions and probabilities in its own format, to the last bit; ids of before come back."""
    frame = TABLES[name]()
    fitted, signature = saving.load(folders[name] / "model.skops"), Signature.load(folders[name] / "signature.json")
    expected = predicting.predict(fitted, signature, frame).reset_index(drop=True)
    media = CSV if write is csv else PARQUET
    answer = send(start(name), write(frame), media)
    assert answer.headers["content-type"] == media
    assert answer.headers["x-model-version"] == "v1"
    pd.testing.assert_frame_equal(table_of(answer), expected, check_exact=True, check_dtype=False)


@pytest.mark.parametrize("accept", [JSON, CSV, PARQUET])
def test_the_answer_comes_in_the_format_that_is_asked(accept: str, start: Start) -> None:
    """Whatever the upload's was."""
    frame, running = numbers().drop(columns=["row_id", "label"]), start("numbers")
    answer = send(running, csv(frame), CSV, accept)
    assert answer.headers["content-type"] == accept
    if accept == JSON:
        said = answer.json()
        assert said["request_id"] == answer.headers["x-request-id"]
        predictions = said["predictions"]
    else:
        predictions = table_of(answer)["prediction"].tolist()
    assert predictions == table_of(send(running, parquet(frame), PARQUET))["prediction"].tolist()


@pytest.mark.parametrize(
    ("accept", "otherwise", "format_"),
    [
        ("", CSV, CSV),
        ("*/*", PARQUET, PARQUET),
        ("text/html, application/json;q=0.9, */*;q=0.1", CSV, JSON),
        ("application/json;q=0.2, text/csv;q=0.8", PARQUET, CSV),
        ("application/json;q=0, */*", CSV, CSV),
        ("Application/X-Parquet", CSV, PARQUET),
        ("text/*", PARQUET, CSV),
        ("text/csv;q=oops", PARQUET, CSV),
    ],
)
def test_the_most_wanted_format_is_taken(accept: str, otherwise: str, format_: str) -> None:
    """By weight, then by order; anything is the upload's own."""
    assert wanted(accept, otherwise) == format_


@pytest.mark.parametrize("accept", ["text/html", "image/png;q=1", "text/csv;q=0"])
def test_a_format_that_there_is_not_is_refused(accept: str, start: Start) -> None:
    """406, before anything is read."""
    with pytest.raises(Refused) as caught:
        wanted(accept, CSV)
    assert caught.value.status == 406
    assert send(start("numbers"), b"a,b\n1,2\n", CSV, accept).status_code == 406


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"a\n1\n", 400, "column 'b' is missing"),
        (b"a,bb\n1,2\n", 400, "column 'b' is missing; did you mean 'bb'?"),
        (b"a,b,c\n1,2,3\n", 400, "column 'c' is unknown"),
        (b"a,b,a\n1,2,3\n", 400, "column 'a' is there twice"),
        (b"a,b\n1,2\n3,x\n", 400, "rows[1]: column 'b' must be a number"),
        (b"a,b\n1,inf\n", 400, "rows[0]: column 'b' must be a number"),
        (b"a,b\n1,1e300\n", 400, "rows[0]: column 'b' must be a number"),
        (b"a,b\n", 400, "no rows"),
        (b"", 400, "not CSV"),
        (b"\xff\xfe", 400, "not CSV"),
        (b"a,b\n1,2,3,4\n5,6,7,8\n", 400, "not CSV"),
        (b'a,b\n1,"2\n', 400, ""),
        (b"a,b\n" + b"1,2\n" * 11, 413, "more than 10 rows"),
        (b"x" * 1_100_000, 413, "over 1 MiB"),
    ],
)
def test_csv_that_does_not_fit_is_told_why(body: bytes, status: int, said: str, start: Start) -> None:
    """Columns, cells, rows, bytes; the next one is answered."""
    running = start("numbers", SERVICE_MAX_ROWS="10", SERVICE_MAX_BODY_MB="1")
    answer = send(running, body)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert send(running, b"a,b\n" + b"1,2\n" * 10).status_code == 200


def test_csv_is_read_as_the_pipeline_reads_it(start: Start) -> None:
    """Blanks around names and cells, a mark at the beginning, words for nothing, text for truth."""
    answer = send(start("numbers"), "\ufeff a ,b\n 1 ,NA\n,true\n".encode())
    assert len(table_of(answer)) == 2


@pytest.mark.parametrize(
    ("media", "charset", "status"),
    [
        ("text/csv", "utf-8", 200),
        ("text/csv; charset=UTF-8", "utf-8", 200),
        ("text/csv;charset=iso-8859-1;header=present", "latin1", 200),
        ('text/csv; charset="GB18030"', "gb18030", 200),
        ("text/csv; charset=utf-8", "latin1", 400),
        ("text/csv; charset=rot13", "utf-8", 415),
    ],
)
def test_csv_is_read_in_the_charset_that_it_states(media: str, charset: str, status: int, start: Start) -> None:
    """As HTTP has it; UTF-8 where it states none."""
    running = start("people")
    body = "age,city,since,height\n30,Zürich,2024-01-05,170\n"
    answer = send(running, body.encode(charset), media)
    assert answer.status_code == status
    if status == 200:
        assert answer.content == send(running, body.encode()).content


def test_dates_and_words_are_checked_too(start: Start) -> None:
    """A date must be one; any word will do."""
    running, good = start("people"), "age,city,since,height\n30,Paris,2024-01-31,170\n"
    assert send(running, good.encode()).status_code == 200
    answer = send(running, good.replace("2024-01-31", "someday").encode())
    assert "rows[0]: column 'since' must be a date" in answer.json()["error"]
    assert running.count("mainline_inputs_out_of_range_total", column="city") == 1


def bomb(rows: int) -> bytes:
    """A small file that stands for rows x 10 kB of text."""
    frame = people(rows).drop(columns=["row_id", "label"])
    table = pa.Table.from_pandas(frame.drop(columns="city"), preserve_index=False)
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * 10_000]))
    stream = io.BytesIO()
    pq.write_table(table.append_column("city", texts.cast(pa.string())), stream, compression="zstd")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "not a Parquet file"),
        (b"PAR1" + bytes(100) + b"PAR1", 400, "not a Parquet file"),
        (parquet(people(240))[:-30], 400, "not a Parquet file"),
        (parquet(people(240).drop(columns="age")), 400, "column 'age' is missing"),
        (parquet(people(1001)), 413, "more than 1,000 rows"),
        (parquet(people(240).assign(age="old")), 400, "rows[0]: column 'age' must be a number"),
        (parquet(people(240).assign(city=[["Ulm"]] * 240)), 400, "column 'city' is of type list"),
        (bomb(1000), 413, "too large when unpacked"),
    ],
)
def test_parquet_that_does_not_fit_is_told_why(body: bytes, status: int, said: str, start: Start) -> None:
    """Broken files, other columns, other types, and a few bytes that stand for many."""
    running = start("people", SERVICE_MAX_ROWS="1000", SERVICE_MAX_BODY_MB="1")
    assert len(body) < 1_000_000
    answer = send(running, body, PARQUET)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert send(running, bomb(10), PARQUET).status_code == 200


def test_texts_of_a_few_values_are_read_as_any(start: Start) -> None:
    """Dictionaries, numbers and truth values are words where the column holds words."""
    running = start("people")
    frame = people(240).drop(columns=["row_id", "label"])
    usual = send(running, parquet(frame), PARQUET).content
    assert send(running, parquet(frame.astype({"city": "category"})), PARQUET).content == usual
    assert send(running, parquet(frame.assign(city=7)), PARQUET).status_code == 200


def test_rows_of_objects_are_a_table_too(start: Start) -> None:
    """As BentoML's clients send a DataFrame: with its ids, NaN where something is missing, and answered as asked."""
    running, rows = start("people"), people().head(4).drop(columns=["since", "label"]).to_dict("records")
    rows = [row | {"since": "2024-01-05"} for row in rows]
    body = json.dumps({"table": rows})
    assert "NaN" in body
    usual = send(running, csv(pd.DataFrame(rows)), CSV)
    assert send(running, body.encode(), JSON, CSV).content == usual.content
    said = send(running, body.encode(), JSON).json()
    assert said["row_id"] == ["r0", "r1", "r2", "r3"]
    assert said["predictions"] == table_of(usual)["prediction"].tolist()


@pytest.mark.parametrize("content", [[], {}, {"rows": []}, {"table": {}}, {"table": [], "x": 1}, {"table": []}])
def test_other_objects_are_no_table(content: Any, start: Start) -> None:
    """In one line."""
    answer = send(start("numbers"), json.dumps(content).encode(), JSON)
    assert answer.status_code == 400
    assert '{"table": [{...}, ...]}' in answer.json()["error"] or "no rows" in answer.json()["error"]


@pytest.mark.parametrize("media", ["", "text/plain", "multipart/form-data; boundary=x"])
def test_another_type_of_body_is_refused(media: str, start: Start) -> None:
    """415 says which ones do."""
    answer = send(start("numbers"), b"a,b\n1,2\n", media)
    assert answer.status_code == 415
    assert CSV in answer.json()["error"]


def test_tables_are_recorded_and_labelled_like_rows(start: Start) -> None:
    """Each row by its place."""
    running = start("numbers")
    answer = send(running, b"a,b\n1,2\n3,4\n", CSV, JSON).json()
    told = {"request_id": answer["request_id"], "row": 1, "label": answer["predictions"][1]}
    assert running.post("/feedback", told).json()["outcome"] == "right"
    assert [record["kind"] for record in running.records()] == ["predictions", "feedback"]
