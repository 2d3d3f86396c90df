"""Simulated days, played: the service in production answers each request, and its records get the days' times."""

import http.client
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainline.errors import MainlineError
from mainline.run.days import Line, Request, Row, set_back
from mainline.run.users import PATIENCE, PEOPLE, THREADS, NoAnswer, Tally, post

WRITTEN_WITHIN = 20.0  # seconds until all that was answered is in the records


@dataclass(frozen=True)
class Question:
    """A row somebody asks about, and what is right."""

    row: Row
    label: Any


def ask(port: int, key: str, questions: Sequence[Question], tally: Tally) -> list[str]:
    """Ask all through the router, as fast as it answers, and say of each what is right.

    Args:
        key: what labels need.
        tally: what has failed is noted there.

    Returns:
        The id of each request; empty where there was no answer.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        parts = [questions[n::THREADS] for n in range(THREADS)]
        found = list(pool.map(lambda part: _ask(port, key, part, tally), parts))
    return [each for row in itertools.zip_longest(*found) for each in row if each is not None]


def _ask(port: int, key: str, questions: Sequence[Question], tally: Tally) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    found = []
    for number, each in enumerate(questions):
        user, request = f"user-{number % PEOPLE}", ""
        try:
            request = post(connection, "/predict", user, {"row": each.row}, key)["request_id"]
            post(connection, "/feedback", user, {"request_id": request, "label": each.label}, key)
        except NoAnswer as error:
            tally.failed.append(str(error))
        found.append(request)
    connection.close()
    return found


def write(records: Path, asked: Mapping[str, Request], path: Path) -> int:
    """Write the service's own lines about requests, with the times of simulated days.

    Args:
        records: the folder in which the service keeps them.
        asked: by the request's id.

    Returns:
        How many lines.

    Raises:
        MainlineError: they are not all there in time.
    """
    deadline = time.monotonic() + WRITTEN_WITHIN
    first, predicted, labelled = _found(records, asked)
    while len(predicted) < len(asked) or len(labelled) < len(asked):
        if time.monotonic() > deadline:
            raise MainlineError(f"{records}: {len(predicted)} of {len(asked)} answers are in the records")
        time.sleep(0.2)
        first, predicted, labelled = _found(records, asked)
    lines = [
        pair for name, each in asked.items() for pair in set_back(predicted[name], labelled.get(name), each.moment)
    ]
    text = [first, *(json.dumps(line) for _, line in sorted(lines, key=lambda pair: pair[0]))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return len(lines)


def _found(records: Path, asked: Mapping[str, Request]) -> tuple[str, dict[str, Line], dict[str, Line]]:
    """How a file begins that holds such lines, and the lines by their request: predictions, and labels."""
    begins, found = "", {"predictions": dict[str, Line](), "feedback": dict[str, Line]()}
    for path in sorted(records.glob("records-*.jsonl")):
        with path.open(encoding="utf-8") as file:
            first = file.readline().strip()
            for text in file:
                line = json.loads(text) if text.endswith("\n") else {}
                if line.get("request_id") in asked:
                    found[line["kind"]][line["request_id"]] = line
                    begins = first
    return begins, found["predictions"], found["feedback"]
