"""One line of records, read and checked: a prediction or a label; what is neither is damaged, and stops nothing."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pydantic_core

from mainline.monitor.profiles.plan import Plan

MOST_ID, MOST_LABEL = 200, 1_000  # letters
MOST_ROWS, MOST_ROW = 100_000, 2**31
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
"""A clock that stands before this is not set."""
UNIX = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = 86_400_000_000
"""Microseconds that a record may be ahead of whoever counts it."""
FAULTS = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)


class Predicted(NamedTuple):
    """A request's predictions, or a part of a large one's."""

    moment: int
    """Microseconds since 1970, UTC."""
    request: str
    first: int
    """Place of the first row in the request."""
    rows: int
    inputs: Mapping[str, list[Any]]
    answers: list[Any]
    chances: Mapping[str, list[Any]]


class Labelled(NamedTuple):
    """A label that came."""

    moment: int
    request: str
    row: int
    label: str
    """As JSON."""


def parse(line: bytes) -> dict[str, Any]:
    """The object of a line.

    Raises:
        ValueError: it is none.
    """
    said = pydantic_core.from_json(line, cache_strings="keys")
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said


def predicted(said: Mapping[str, Any], plan: Plan, now: int) -> Predicted:
    """A line of kind `predictions`.

    Raises:
        one of FAULTS: it is damaged.
    """
    rows, inputs, answers = said["rows"], said["inputs"], said["predictions"]
    if said["model_version"] != plan.version.name:
        raise ValueError("of another version than its file")
    chances = said["probabilities"] if plan.classes is not None else {}
    if type(rows) is not int or not 0 < rows <= MOST_ROWS:
        raise ValueError("rows that are none")
    for cells in (answers, *inputs.values(), *chances.values()):
        if type(cells) is not list or len(cells) != rows:
            raise ValueError("columns of different lengths")
    return Predicted(moment(said["time"], now), _request(said), _row(said), rows, inputs, answers, chances)


def labelled(said: Mapping[str, Any], plan: Plan | None, now: int) -> Labelled:
    """A line of kind `feedback`.

    Args:
        plan: of the version that took the label, where it is known.

    Raises:
        one of FAULTS: it is damaged.
    """
    label = said["label"]
    if type(label) not in (str, int, float, bool) or (plan and plan.classes is not None and label not in plan.classes):
        raise ValueError("no label")
    if plan and plan.classes is None and not (type(label) in (int, float) and math.isfinite(label)):
        raise ValueError("no number")
    text = json.dumps(label)
    if len(text) > MOST_LABEL:
        raise ValueError("a label that is too long")
    return Labelled(moment(said["time"], now), _request(said), _row(said), text)


def moment(text: str, now: int) -> int:
    """A record's time in microseconds since 1970.

    Raises:
        ValueError: it says no time, or one that no clock that was right could have shown.
    """
    at = datetime.fromisoformat(text)
    since = at - UNIX  # TypeError without a time zone
    found = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if at < FIRST or found > now + AHEAD:
        raise ValueError("a clock that was not right")
    return found


def _request(said: Mapping[str, Any]) -> str:
    found = said["request_id"]
    if not isinstance(found, str) or len(found) > MOST_ID:
        raise ValueError("no request id")
    return found


def _row(said: Mapping[str, Any]) -> int:
    found = said["row"]
    if type(found) is not int or not 0 <= found < MOST_ROW:
        raise ValueError("no row")
    return found
