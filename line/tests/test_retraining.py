"""What a retraining's branch says of itself is read as it was written, or refused in one line."""

import json
from dataclasses import replace
from typing import Any

import pytest

from mainline import retraining
from mainline.errors import Refused
from mainline.retraining import Retraining, Trigger

SAID = Retraining(
    number=3,
    date="2026-11-29",
    base="c" * 40,
    trigger=Trigger("worse", "wrong on 14.1% of the labels since 2 November, and 10% are allowed"),
    until="2026-11-20",
    rows={"in": {"train": 900, "dev": 40, "asked": 812}, "source": {"new": 0, "gone": 0}, "out": {"known already": 7}},
    labels={"no": 1500, "yes": 252},
    level=retraining.LEVEL,
    stream="a" * 32,
)


@pytest.mark.parametrize("said", [SAID, replace(SAID, until="", stream="", labels={"25%": -0.5, "50%": 1})])
def test_what_is_written_is_read(said: Retraining) -> None:
    """Also with rows of the source alone, and with quantiles for labels."""
    assert retraining.parsed(said.text()) == said
    assert said.text().startswith('{\n "number": 3,\n "date": "2026-11-29",\n')


def test_classes_and_reasons_of_any_name_are_written_as_they_may_be_read() -> None:
    """A space that is none, and what a row says that breaks fifty rules; as they are, the file would be refused."""
    labels, out = {"a\xa0b": 2, "a b": 1, "c": 4}, {"; ".join(f"pixel_{n}: above 16" for n in range(99)): 1}
    assert retraining.counted(labels) == {"a b": 3, "c": 4}
    rows = {**SAID.rows, "out": retraining.counted(out)}
    said = replace(SAID, rows=rows, labels=retraining.counted(labels))
    assert retraining.parsed(said.text()) == said
    with pytest.raises(Refused, match="'rows' is not as"):
        retraining.parsed(replace(said, rows={**SAID.rows, "out": out}).text())


def test_rows_of_the_largest_number_judge_the_newest() -> None:
    """As a number, not as a word; where no row judges, none does."""
    assert retraining.judging(["asked:9:a", "asked:10:b", "r", "stream:asked:11:c"]) == [False, True, False, False]
    assert retraining.judging(["r", "asked:x:k", "stream:k", "sealed:12:k"]) == [False] * 4
    assert retraining.judging([]) == []


@pytest.mark.parametrize("dev", [{"accuracy": [0.1, 0.15]}, {"accuracy": [0.3, 0.1]}, {}], ids=range(3))
def test_a_loss_that_is_hardly_any_is_not_told(dev: dict[str, list[float]]) -> None:
    """Up to a twentieth of the largest, or a gain."""
    assert retraining.lost(dev) == ""


def test_a_loss_on_rows_from_before_is_told_with_both_figures() -> None:
    """Of the first metric that shows it."""
    said = retraining.lost({"brier": [0.1, 0.1], "accuracy": [0.1, 0.1512]})
    assert "its accuracy loss is 0.151 of the largest, and the champion's 0.100" in said


def test_the_levels_of_a_year_add_up() -> None:
    """Twelve at a twelfth of 5% each."""
    assert sum([retraining.LEVEL] * retraining.A_YEAR) == pytest.approx(0.05)


def changed(**entries: Any) -> str:
    """The file with other entries; None takes one out."""
    said = json.loads(SAID.text()) | entries
    return json.dumps({name: value for name, value in said.items() if value is not None})


OTHERS: dict[str, Any] = {
    "number": [None, 0, -1, 1.0, True, "3"],
    "date": [None, "", "29.11.2026", 20261129, "20261129"],
    "base": ["main", "c" * 39, 7],
    "trigger": [{}, {"why": "drift", "words": ""}, {"why": "worse", "words": "a\nb"}, [], "worse"],
    "until": [None, "soon", 7],
    "rows": [{}, {"in": {}, "out": {}}, {"in": {"train": -1}, "source": {}, "out": {}}, []],
    "labels": [[], {"yes": "many"}, {"a\nb": 1}, {"yes": float("nan")}],
    "level": [0, 1, "0.004", True],
    "stream": [None, "x", 7],
    "more": [1],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in OTHERS.items() for value in values], ids=str
)
def test_another_entry_is_refused_by_name(name: str, value: Any) -> None:
    """One that is missing, of another kind, or of another version."""
    with pytest.raises(Refused, match=r"^models/retrain\.json: .*let it make the branch again$"):
        retraining.parsed(changed(**{name: value}))


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", "[" * 100_000, '{"a":' * 100_000, b"\xff"], ids=range(8))
def test_what_is_no_such_file_is_refused(text: str | bytes) -> None:
    """Whatever it is, and however deep it goes."""
    with pytest.raises(Refused, match=r"^models/retrain\.json: [^\n]*$"):
        retraining.parsed(text)
