"""Files in other forms: encodings, quotes, no header line, JSON lines."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from line.tests.pipeline.table.files import read, refusal
from pipeline.sections import Data

TEXT = "name,city,label\nJosé,Österreich,yes\nZoë,Málaga,no\n"
CHINESE = "名字,城市,label\n王,北京,yes\n李,上海,no\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TEXT, "latin1"),
        (TEXT, "cp1252"),
        (TEXT, "utf-16"),
        (TEXT, "UTF-16-LE"),
        (TEXT, "utf-8-sig"),
        (CHINESE, "gb18030"),
    ],
)
def test_text_in_another_encoding_is_the_same_table(tmp_path: Path, text: str, encoding: str) -> None:
    """Once it is named."""
    plain = read(tmp_path / "plain.csv", text.encode())
    assert read(tmp_path / "t.csv", text.encode(encoding), encoding=encoding).equals(plain)


def test_what_each_encoding_would_read_is_shown(tmp_path: Path) -> None:
    """With the line, so that whoever knows the table can tell."""
    said = refusal(tmp_path / "t.csv", TEXT.encode("latin1"))
    assert "t.csv, line 2: not UTF-8 text; set data.encoding: cp1252 (reads 'José') or" in said
    assert "gb18030 (reads '王')" in refusal(tmp_path / "t.csv", CHINESE.split("\n", 1)[1].encode("gb18030"))
    assert "line 2: not ASCII text; set data.encoding: utf-8 (reads 'José')" in refusal(
        tmp_path / "t.csv", TEXT.encode(), encoding="ascii"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"encoding": "utf8000"}, "no encoding is called that; some are utf-8"),
        ({"encoding": "rot13"}, "no encoding is called that"),
        ({"quote": "''"}, "at most 1 character"),
        ({"quote": ";", "separator": ";"}, "quote and separator are both ';'"),
        ({"separator": "¦"}, "one ASCII character that ends no line"),
        ({"separator": "\n"}, "one ASCII character that ends no line"),
        ({"quote": "»"}, "one ASCII character that ends no line"),
        ({"columns": ["a", "a"]}, "'a' is no name, or stands there twice"),
        ({"columns": ["a", " "]}, "' ' is no name"),
    ],
)
def test_settings_that_cannot_be_are_refused(data: dict[str, Any], said: str) -> None:
    """Before anything is read."""
    with pytest.raises(ValueError, match=said):
        Data.model_validate({"source": "t.csv", "target": "y"} | data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.parquet", {"encoding": "latin1"}),
        ("t.parquet", {"separator": ";"}),
        ("t.jsonl", {"columns": ["a"]}),
        ("t.csv", {"sheet": "A"}),
        ("t.xlsx", {"quote": "'"}),
    ],
)
def test_a_setting_for_another_kind_of_file_is_refused(tmp_path: Path, name: str, data: dict[str, Any]) -> None:
    """By its name."""
    assert f"data.{next(iter(data))}: " in refusal(tmp_path / name, b"x", **data)


QUOTED = b"area;note\ncloud;'up; and down'\nfarm;'a \"good\" year'\nfarm;'it''s late'\n"


def test_fields_in_other_quotes_are_read_by_the_setting_that_the_refusal_names(tmp_path: Path) -> None:
    """Whether a separator stands in them or not; quotes that belong to the cells may stay."""
    assert 'set data.quote: "\'"' in refusal(tmp_path / "t.csv", QUOTED, separator=";")
    frame = read(tmp_path / "t.csv", QUOTED, separator=";", quote="'")
    assert frame["note"].tolist() == ["up; and down", 'a "good" year', "it's late"]
    plain = QUOTED.replace(b"; and", b" and")
    assert "'note' holds \"'up and down'\", quotes and all; set data.quote: \"'\"" in refusal(
        tmp_path / "t.csv", plain, separator=";"
    )
    assert read(tmp_path / "t.csv", plain, separator=";", quote='"')["note"][0] == "'up and down'"
    assert read(tmp_path / "t.csv", b"a,b\n'tis,1\ndon't,2\nx,3\n")["a"].tolist() == ["'tis", "don't", "x"]


IRIS = b"5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n7.0,3.2,4.7,1.4,Iris-versicolor\n"
ADULT = b"39, State-gov, 13, <=50K\n50, Private, 13, <=50K\n38, State-gov, 9, >50K\n"
MUSHROOMS = b"p,x,s\ne,x,s\np,b,s\ne,b,y\n"
PEOPLE = b"1,Ann Lee,34.5\n2,Bo Chen,20.1\n3,Cy Dow,19.0\n"
DAYS = b"2024-01-01,3,a\n2024-01-02,4,b\n2024-01-03,3,a\n"


@pytest.mark.parametrize(
    "content", [IRIS, ADULT, MUSHROOMS, PEOPLE, DAYS], ids=["iris", "adult", "letters", "people", "days"]
)
def test_a_file_without_a_header_is_refused_until_its_columns_are_named(tmp_path: Path, content: bytes) -> None:
    """Both ways out are said: names, and that these are names."""
    said = refusal(tmp_path / "t.csv", content)
    cells = [cell.strip() for cell in content.decode().split("\n")[0].split(",")]
    names = [f"c{place + 1}" for place in range(len(cells))]
    assert "line 1 holds data and no names" in said
    assert f"name the columns: data.columns: [{', '.join(names)}]" in said
    frame = read(tmp_path / "t.csv", content, columns=names)
    assert list(frame.columns) == names
    assert len(frame) == content.count(b"\n")
    kept = read(tmp_path / "t.csv", content, columns=cells)
    assert (list(kept.columns), len(kept)) == (cells, content.count(b"\n") - 1)
    assert "fields, and data.columns names 1; name each" in refusal(tmp_path / "t.csv", content, columns=["a"])


@pytest.mark.parametrize(
    "content",
    [
        b"country,2020,2021\nFrance,1,2\nSpain,3,4\n",
        b"2019,2021,2024\n1.5,2,3\n1,2,3\n",
        b"0,1,2,3\n1,5,0,3\n2,5,0,9\n",
        b"2024-01-01,2024-01-02\n1,2\n3,4\n",
        b"a,b,label\na,x,yes\nb,y,no\na,x,yes\nb,x,no\na,y,no\n",
        b"name,note\nAnn,one\nBo,two\nCy,three\n",
        b"1,label\n3,a\n4,b\n3,a\n4,b\n4,a\n",
    ],
    ids=["wide", "years", "places", "days", "a value's name", "words", "one number"],
)
def test_names_that_are_like_data_are_names(tmp_path: Path, content: bytes) -> None:
    """Years, days and places of a wide table; a name that its column holds too."""
    assert len(read(tmp_path / "t.csv", content)) == content.count(b"\n") - 1


def test_a_first_line_with_a_name_that_params_yaml_uses_is_a_header(tmp_path: Path) -> None:
    """Whoever named a column has seen it."""
    assert len(read(tmp_path / "t.csv", IRIS, target="Iris-setosa")) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n1,2,3\n", "line 3 has 3 fields, the first one 2"),
        (
            b"Report of May\n\na,b\n1,2\n",
            "line 3 has 2 fields, the first one 1; is that the header? Remove what",
        ),
        (b"a,b\n1,2,9\n3,4,9\n", "line 2 has 3 fields, the first one 2"),
    ],
    ids=["a long row", "a title", "all rows"],
)
def test_what_is_no_table_is_said_by_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    """With what is to be done."""
    assert said in refusal(tmp_path / "t.csv", content)


def test_json_lines_keep_every_number(tmp_path: Path) -> None:
    """As it is written; null and keys that a line lacks are missing, blank lines nothing."""
    lines = ['{"id": 1234567890123456789, "x": 1E5, "on": true, "s": "007"}', "", '{"x": 0.10, "late": "é", "s": null}']
    frame = read(tmp_path / "t.jsonl", "\r\n".join(lines).encode())
    assert list(frame.columns) == ["id", "x", "on", "s", "late"]
    assert frame.astype("object").where(frame.notna(), None).to_numpy().tolist() == [
        ["1234567890123456789", "1E5", "True", "007", None],
        [None, "0.10", None, None, "é"],
    ]
    assert read(tmp_path / "t.ndjson.gz", gzip.compress(b'{"a": -1}\n'))["a"].tolist() == ["-1"]
    assert read(tmp_path / "t.jsonl", '{"a": "é"}'.encode("latin1"), encoding="latin1")["a"].tolist() == ["é"]


def test_a_character_that_json_writes_in_two_halves_is_one(tmp_path: Path) -> None:
    """As Python and Java write what is beyond 16 bits."""
    assert read(tmp_path / "t.jsonl", b'{"a": "\\ud83d\\ude00"}\n')["a"].tolist() == ["\N{GRINNING FACE}"]


def test_json_lines_of_many_batches_are_one_table(tmp_path: Path) -> None:
    """A key that comes late is a column all the same."""
    lines = [json.dumps({"a": i} | ({"b": i} if i >= 30_000 else {})) for i in range(45_000)]
    frame = read(tmp_path / "t.jsonl", "\n".join(lines).encode())
    assert frame["a"].astype(int).tolist() == [*range(45_000)]
    assert (int(frame["b"].isna().sum()), frame["b"][44_999]) == (30_000, "44999")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1}\n{"a": {"b": 1}}\n', "line 2, column 'a': an object, and a cell holds one value"),
        (b'{"a": [1]}\n', "line 1, column 'a': a list, and a cell holds one value"),
        (b'{"a": 1}\n{"a": 1\n', "line 2: not JSON"),
        (b'[{"a": 1}]\n', "line 1: a list, and no object; each line is one row"),
        (b'{"a": 1, "a": 2}\n', "line 1: a key stands there twice"),
        (b"{}\n", "its lines hold no keys"),
        (b"[" * 100_000, "line 1: nested too deep"),
        (b'{"a": "\xe9"}\n', "line 1: not UTF-8 text; set data.encoding: cp1252"),
        (b'{"a": "1"}\n{"a": "\\ud83d"}\n', "line 2: half of a character"),
        (b'{"\\ude00": 1}\n', "line 1: half of a character"),
    ],
    ids=["object", "list", "broken", "one list", "twice", "no keys", "deep", "latin1", "half", "half a key"],
)
def test_json_lines_that_are_no_table_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """With the line and the column."""
    assert said in refusal(tmp_path / "t.jsonl", content)
