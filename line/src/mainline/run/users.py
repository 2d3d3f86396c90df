"""People who use the model: they ask through the router, each for themselves, and say later what was right."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

PEOPLE = 200
THREADS = 4
PATIENCE = 20.0
LARGEST_LAG = 5_000  # labels that wait; more would be an error of this file


class NoAnswer(Exception):
    """A request got no answer or an error; in words."""


@dataclass
class Tally:
    """What the users have seen so far."""

    answered: Counter[str] = field(default_factory=Counter)
    """Answers, by the version that gave them."""
    labelled: Counter[str] = field(default_factory=Counter)
    """Answers whose label the service knew what to do with."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Those of them that were wrong, as the service says: of numbers, those too far from the label."""
    failed: list[str] = field(default_factory=list)
    """Requests that got no answer or an error, with the reason."""


class Users:
    """A crowd that asks for as long as the block runs, at a pace that may change."""

    def __init__(
        self,
        port: int,
        rows: Sequence[dict[str, Any]],
        labels: Sequence[Any],
        *,
        rate: float,
        lag: float,
        tally: Tally | None = None,
        key: str = "",
    ) -> None:
        """Args: rate, requests a second of all; lag, seconds until the right answer is known; key, the host's."""
        self.tally = tally or Tally()
        self._port, self._rows, self._labels = port, rows, labels
        self.rate, self._lag, self._key = rate, lag, key
        self._numbers, self._lock = itertools.count(), threading.Lock()
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(THREADS)]

    def __enter__(self) -> "Users":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _ask_on(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        known: deque[tuple[float, str, str, dict[str, Any]]] = deque(maxlen=LARGEST_LAG)
        due = time.monotonic()
        while not self._done.wait(max(0.0, due - time.monotonic())):
            due = max(due + THREADS / self.rate, time.monotonic() - 1)  # a stall is not made up for by a flood
            while known and known[0][0] <= time.monotonic():
                _, user, version, label = known.popleft()
                self._count(version, self._post(connection, "/feedback", user, label))
            number = next(self._numbers)
            place, user = number % len(self._rows), f"user-{number % PEOPLE}"
            said = self._post(connection, "/predict", user, {"row": self._rows[place]})
            if said is None:
                continue
            with self._lock:
                self.tally.answered[said["model_version"]] += 1
            label = {"request_id": said["request_id"], "label": self._labels[place]}
            known.append((time.monotonic() + self._lag, user, said["model_version"], label))
        connection.close()

    def _count(self, version: str, said: dict[str, Any] | None) -> None:
        outcome = said["outcome"] if said else None
        with self._lock:
            self.tally.labelled[version] += outcome in ("right", "wrong")
            self.tally.wrong[version] += outcome == "wrong"

    def _post(
        self, connection: http.client.HTTPConnection, path: str, user: str, content: dict[str, Any]
    ) -> dict[str, Any] | None:
        """The answer; None where there is none, which is noted."""
        try:
            return post(connection, path, user, content, self._key)
        except NoAnswer as error:
            with self._lock:
                self.tally.failed.append(str(error))
        return None


def post(
    connection: http.client.HTTPConnection, path: str, user: str, content: dict[str, Any], key: str
) -> dict[str, Any]:
    """What the service answers.

    Args:
        key: what labels need.

    Raises:
        NoAnswer: nothing, or an error.
    """
    headers = {"Content-Type": "application/json", "X-User": user}
    if path == "/feedback" and key:
        headers["X-Mainline-Key"] = key
    try:
        connection.request("POST", path, json.dumps(content), headers)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise NoAnswer(f"{path}: {type(error).__name__}") from None
    if answer.status != 200:
        raise NoAnswer(f"{path}: {answer.status} {body[:200].decode(errors='replace')}")
    said: dict[str, Any] = json.loads(body)
    return said
