"""data/card.md and data/croissant.json: the right names and counts, no cell, the same bytes twice, safe to render."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mainline.errors import ConfigError
from mainline.project import Project
from mainline.report import croissant, data_card, dataset

PARAMS = """\
data:
  source: postgresql://me:${WORD}@host/shop
  query: SELECT 1
  target: stays
  id: who
  private: {who: hash, mail: drop, ssn: hash}
  forget: data/forget.txt
  keep_for: {column: since, days: 30, as_of: 2026-01-31}
dataset: {licence: CC-BY-4.0, owner: "Ann | <b>Bob</b>", collected: 2025}
"""
CELL = "quizzlebrack"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A table of four rows, one of them from production and one in quarantine."""
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "dvc.lock").write_text(
        f"stages:\n  ingest:\n    outs:\n    - path: {dataset.RAW}\n      md5: {'ab' * 16}\n"
    )
    rows = pd.DataFrame(
        {
            "row_id": ["a", "b", "c", "stream:d"],
            "ssn": ["1f" * 16] * 4,
            "note": [CELL, "x", "y", "z"],
            "age": [1, 2, 3, 4],
            "share": [0.5, 0.25, None, 1.0],
            "paid": [True, False, True, True],
            "since": pd.to_datetime(["2026-01-01"] * 4),
            "stays": ["yes", "no", "yes", "no"],
        }
    )
    (tmp_path / "data").mkdir()
    rows.to_parquet(tmp_path / dataset.RAW)
    put_aside = rows[:2].assign(quarantine_reason=["age: below 2", "age: below 2; note: missing"])
    put_aside.to_parquet(tmp_path / dataset.QUARANTINE)
    rows[1:].to_parquet(tmp_path / "data/valid.parquet")
    kinds = {"ssn": "ignored", "note": "text", "age": "numeric"}
    about = {"target": "stays", "columns": [{"name": name, "kind": kind} for name, kind in kinds.items()]}
    for path, said in {dataset.SIGNATURE: about, dataset.LABELS: {"people": {"ann": {"votes": 7}}}}.items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(json.dumps(said))
    return Project(tmp_path)


def test_the_card_says_names_and_counts(project: Project) -> None:
    """Whose it is, how many rows and why some are put aside, each column and what becomes of it, who labelled."""
    text = data_card.text(dataset.read(project))
    for line in (
        "| licence | CC-BY-4.0 |",
        "| collected | 2025 |",
        "| source | `postgresql://me:***@host/shop` |",
        f"| content | `md5 {'ab' * 16}` |",
        "| names a row | `who, hashed` |",
        "| forgotten | `whoever is on data/forget.txt` |",
        "| kept for | `30 days by since, as of 2026-01-31` |",
        "| from the source | 3 |",
        "| from production | 1 |",
        "| `age: below 2` | 2 |",
        "| `note` | text | text |",
        "| `stays` | text | target |",
        "| `ssn` | hashed |",
        "| `who` | hashed, and names the rows |",
        "| `mail` | dropped |",
        "| `ann` | 7 |",
    ):
        assert f"\n{line}\n" in text + "\n", line
    assert text == data_card.text(dataset.read(Project(project.root)))


def test_no_cell_and_no_password_is_in_either(project: Project) -> None:
    """And a user's words are no markup."""
    about = dataset.read(project)
    for text in (data_card.text(about), croissant.text(about)):
        assert not {CELL, "WORD", "1f1f"} & set(re.findall(r"\w+", text))
    assert "<b>" not in data_card.text(about)


def test_without_words_or_files_it_says_so(tmp_path: Path) -> None:
    """A table of which nothing was said or built yet; a key that nobody knows is refused."""
    (tmp_path / "params.yaml").write_text("data: {source: t.csv, target: y}\n")
    text = data_card.text(dataset.read(Project(tmp_path)))
    assert "Not stated yet: params.yaml, section dataset." in text
    assert "Private columns" not in text
    (tmp_path / "params.yaml").write_text("dataset: {license: MIT}\n")
    with pytest.raises(ConfigError, match=r"dataset\.license: no such key; did you mean 'licence'"):
        dataset.read(Project(tmp_path))


def test_croissant_is_what_the_specification_asks_for(project: Project) -> None:
    """Version 1.0: what a data set, a file, a set of records and a field must say, and what they refer to."""
    said: dict[str, Any] = json.loads(croissant.text(dataset.read(project)))
    assert (said["@type"], said["conformsTo"]) == ("sc:Dataset", "http://mlcommons.org/croissant/1.0")
    assert (said["name"], said["license"]) == ("shop", "CC-BY-4.0")
    assert said["@context"]["@vocab"] == "https://schema.org/"
    assert said["@context"]["cr"] == "http://mlcommons.org/croissant/"
    (file,), (records,) = said["distribution"], said["recordSet"]
    assert file["@type"] == "cr:FileObject"
    assert (project / "data" / file["contentUrl"]).is_file()
    assert re.fullmatch(r"[0-9a-f]{32}", file["md5"])
    assert {"@id", "name", "encodingFormat"} <= set(file)
    assert records["@type"] == "cr:RecordSet"
    fields = {each["@id"]: each for each in records["field"]}
    assert len(fields) == len(records["field"]) == 8
    assert records["key"]["@id"] in fields
    for name, each in fields.items():
        assert (each["@type"], name) == ("cr:Field", f"{records['@id']}/{each['name']}")
        assert each["source"] == {"fileObject": {"@id": file["@id"]}, "extract": {"column": each["name"]}}
    types = {each["name"]: each["dataType"].removeprefix("sc:") for each in fields.values()}
    assert types == {
        **{"row_id": "Text", "ssn": "Text", "note": "Text", "stays": "Text"},
        **{"age": "Integer", "share": "Float", "paid": "Boolean", "since": "DateTime"},
    }


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("sklearn:digits", "digits"),
        ("data/source/our customers.csv.gz", "our-customers"),
        ("https://host/a/b.csv?x=/1", "b"),
        ("sqlite:///", "table"),
        ("???", "table"),
    ],
)
def test_a_table_is_called_as_where_it_comes_from(source: str, name: str) -> None:
    """In letters that any catalogue takes, and the same in every clone."""
    assert croissant._name(source) == name
