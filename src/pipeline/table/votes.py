"""What people say of rows, in labels/: one file a person, and what their votes come to.

A person's last vote on a row counts, and one that says null takes it back. Where the model's answer or an earlier label
may have been in sight, it counts on training rows only: the model must not choose its own tests.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import DataError, ParamsError, nearest
from pipeline.params import Params
from pipeline.sections import CellRule, Data, Label
from pipeline.table import cells, columns, task
from pipeline.table.tables import ROW_ID

FOLDER = Path("labels")
RULE = "rule:"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
HOW = ("queue", "blind", "import")
KEYS = ("row", "label", "by", "at", "how", "seen")
NO_TEXT = re.compile("[\\0\\ud800-\\udfff]")  # no file of text holds these, whatever JSON can say
LONGEST_LINE, LARGEST_FILE = 10_000, 64_000_000  # characters, bytes


@dataclass(frozen=True)
class Settled:
    """What a table's rows are labelled."""

    labels: pd.Series
    """(rows,) of int, float or text as objects; None where nobody says any, or as many say one as another."""
    tied: pd.Series
    """(rows,) of bool: as many people say one as another."""
    counted: pd.DataFrame
    """People's last votes that count: place (of the row in the table), by, label, how."""
    gone: int
    """How many last votes are on rows that are not in the table."""
    in_sight: int
    """How many last votes do not count, as the row is no training row and the vote is not blind."""


def read(folder: Path = FOLDER) -> pd.DataFrame:
    """All votes: (votes, row + label + by + at + how + where), label as a word or None, at as sortable text.

    Raises:
        DataError: naming the file and the line that is no vote.
    """
    found = [vote for path, name in _files(folder) for vote in _votes(path, name)]
    return pd.DataFrame(found, columns=["row", "label", "by", "at", "how", "where"], dtype="object")


def last(votes: pd.DataFrame) -> pd.DataFrame:
    """Of each person the last vote on each row, those taken back among them; of one moment, the last line."""
    return votes.sort_values("at", kind="stable").drop_duplicates(["by", "row"], keep="last").reset_index(drop=True)


def classes(target: pd.Series, params: Params) -> list[Label] | None:
    """The classes that a vote may say: those of the source, and those that labels.classes adds; None for numbers.

    Args:
        target: (rows,), parsed, missing where the source is blank.

    Raises:
        ParamsError: labels.classes does not fit the source's labels, or nothing says which labels there are.
    """
    known, stated = target.dropna(), [columns.word(each) for each in params.labels.classes]
    if not stated and (params.data.task == "regression" or (len(known) and _are_numbers(known, params.data))):
        return None
    words = list(dict.fromkeys([*columns.as_text(pd.Series(known.unique())), *stated]))
    if not words:
        raise ParamsError(
            "labels.classes: nothing says which labels there are, as the source has none; for example "
            "labels: {wanted: true, classes: [negative, positive]}, or for numbers data: {task: regression}"
        )
    values, wrong = task.parse_target(pd.Series(words, dtype="str", name=params.data.target), params.data)
    if wrong.any() or values.isna().any():
        odd = words[int((wrong | values.isna()).to_numpy().argmax())]
        raise ParamsError(f"labels.classes: {odd!r} is no label beside {', '.join(words[:5])}")
    return sorted(values.tolist())


def _are_numbers(known: pd.Series, data: Data) -> bool:
    data = data.model_copy(update={"positive": None})  # which class metrics look for is another question
    return known.nunique() > 1 and task.infer(known, data) == "regression"


def settle(frame: pd.DataFrame, votes: pd.DataFrame, side: pd.Series, params: Params) -> Settled:
    """What the votes come to.

    Args:
        frame: (rows, row_id + features + target), parsed.
        votes: (votes, row + label + by + at + how + where).
        side: (rows,) of text; "train" is one of them.

    Raises:
        DataError: a last vote says what is no label here, naming its file and line.
        ParamsError: nothing says which labels there are.
    """
    target = frame[params.data.target]
    said = last(votes).dropna(subset="label")
    said = said.assign(place=pd.Index(frame[ROW_ID]).get_indexer(said["row"]))
    gone, said = int((said["place"] < 0).sum()), said[said["place"] >= 0]
    rule = cells.rules_of(params.clean, params.data, [*map(str, frame.columns.drop(ROW_ID))]).get(params.data.target)
    said = said.assign(label=_read(said, classes(target, params) if len(said) else None, params.data.target, rule))
    by_rule, train = said["by"].str.startswith(RULE), (side.to_numpy() == "train")[said["place"].astype(int)]
    counts = train | ((said["how"] == "blind") & ~by_rule)
    people, rules = said[counts & ~by_rule], said[counts & by_rule]
    labels, tied = target.astype("object").where(target.notna(), None), pd.Series(False, index=frame.index)
    blank = target.isna().to_numpy()
    for voters in (
        rules[blank[rules["place"].astype(int)]],
        people,
    ):  # a rule is below any person, and below the source
        heard = _heard(voters, numbers=pd.api.types.is_float_dtype(said["label"]))
        labels.iloc[heard.index.astype(int)] = heard.to_numpy(dtype=object)
        split = heard.index[heard.isna()].astype(int)
    tied.iloc[split] = True  # of the last voters, the people
    if params.labels.arbiter is not None:
        final = people[people["by"] == params.labels.arbiter]
        labels.iloc[final["place"].astype(int)] = final["label"].to_numpy(dtype=object)
        tied.iloc[final["place"].astype(int)] = False
    return Settled(labels, tied, people, gone, int((~counts).sum()))


def typed(labels: pd.Series) -> pd.Series:
    """Labels as `Settled` has them, none missing, in the type of their kind."""
    text = labels.map(lambda each: isinstance(each, str)).any()
    return labels.astype("str") if text else pd.to_numeric(labels)


def _heard(votes: pd.DataFrame, *, numbers: bool) -> pd.Series:
    """By the row's place: the label that most say, or the median of numbers; None where two are said as often."""
    if votes.empty:
        return pd.Series(dtype="object")
    if numbers:
        return votes.groupby("place")["label"].median().astype("object")
    counts = votes.groupby(["place", "label"]).size().rename("n").reset_index().sort_values("n", ascending=False)
    most = counts.groupby("place")["n"].transform("max")
    top = counts[counts["n"] == most]
    once = ~top["place"].duplicated(keep=False)
    heard = top.drop_duplicates("place").set_index("place")["label"].astype("object").sort_index()
    heard[heard.index.isin(top[~once]["place"])] = None
    return heard


def _read(said: pd.DataFrame, known: Sequence[Label] | None, target: str, rule: CellRule | None) -> pd.Series:
    """The words of votes as labels: numbers, or one of the classes, by what it is called or was before the rule."""
    if said.empty:
        return said["label"]
    if known is None:
        values, wrong = columns.parse(said["label"].astype("str"), "numeric")
        values, wrong, hint = values.astype("float64"), wrong | values.isna(), "; the target holds numbers"
    else:
        means = {word: task.class_of(word, known, rule) for word in said["label"].unique()}
        values, hint = said["label"].map(means).astype("object"), ""
        wrong = values.isna()
    if wrong.any():
        vote = said[wrong].iloc[0]
        word = str(vote["label"])[:60]
        renamed = f"clean: {{columns: {{{target}: {{replace: {{{word}: ...}}}}}}}}"
        hint = hint or f"{nearest(word, known or ())}; new: labels: {{classes: [{word}]}}; renamed: {renamed}"
        raise DataError(f"{vote['where']}: {word!r} is no label here{hint}")
    return values


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    whose = {folder: "", folder / "rules": RULE}
    for path in sorted(folder.rglob("*.jsonl"), key=lambda each: (each.parent != folder, each)):
        if path.parent not in whose:
            raise DataError(f"{path}: votes are read from {folder}/NAME.jsonl and {folder}/rules/NAME.jsonl alone")
        if not NAME.fullmatch(path.stem):
            raise DataError(f"{path}: names nobody; small letters, digits, dot, dash and underscore, as anna.jsonl")
        if path.is_symlink() or not path.is_file():
            raise DataError(f"{path}: no plain file")
        if path.stat().st_size > LARGEST_FILE:
            raise DataError(f"{path}: over {LARGEST_FILE:,} bytes; begin a second file, under another name")
        yield path, whose[path.parent] + path.stem


def _votes(path: Path, name: str) -> Iterator[tuple[Any, ...]]:
    for number, content in enumerate(path.read_bytes().split(b"\n"), 1):
        if content.strip():
            where = f"{path.as_posix()}, line {number}"
            try:
                yield (*_vote(_text(content), name), where)
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                raise DataError(f"{where}: {error}") from None


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None


def _vote(line: str, name: str) -> tuple[str, str | None, str, str, str]:
    """A line as row, label, by, at, how; raises ValueError, saying why, where it is no vote of that name's."""
    if len(line) > LONGEST_LINE:
        raise ValueError(f"over {LONGEST_LINE:,} characters")
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(said, dict):
        raise ValueError("not an object with the keys " + ", ".join(KEYS))
    if unknown := [key for key in said if key not in KEYS]:
        raise ValueError(f"no such key: {unknown[0]!r}{nearest(unknown[0], KEYS)}")
    if absent := [key for key in KEYS[:-1] if key not in said]:
        raise ValueError(f"lacks {absent[0]!r}")
    row, label, by, at, how = (said[key] for key in KEYS[:-1])
    if by != name:
        raise ValueError(f"by is {by!r}, and the file is {name}'s")
    if not isinstance(row, str) or not row or NO_TEXT.search(row):
        raise ValueError("row: must be the row_id of a row")
    if how not in HOW:
        raise ValueError(f"how: must be one of {', '.join(HOW)}")
    return row, _word(label), by, _moment(at), how


def _word(label: object) -> str | None:
    if label is None:
        return None
    fits = isinstance(label, str | int) or (isinstance(label, float) and math.isfinite(label))
    if not fits or not (word := columns.word(label)) or NO_TEXT.search(word):
        raise ValueError("label: must be text, a number, true, false or null")
    return word


def _moment(at: object) -> str:
    try:
        moment = datetime.fromisoformat(str(at))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        pass
    raise ValueError("at: no time such as 2026-11-29T21:00:00Z")
