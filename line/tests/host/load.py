"""Clients of the router: each a thread with one connection that is kept alive, none of which tries anything again."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 15.0


@dataclass
class Answer:
    """What one request got."""

    status: int
    content: dict[str, Any]
    seconds: float = 0.0

    @property
    def slot(self) -> str:
        """Who answered."""
        return str(self.content.get("slot"))

    @property
    def id(self) -> str:
        """The id that the service was given."""
        return str(self.content["request_id"])


class Client:
    """One connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def ask(self, path: str = "/predict", content: Any = None, method: str = "POST", **headers: str) -> Answer:
        """Send JSON, or bytes as they are; headers are given with _ for -."""
        body = content if isinstance(content, bytes) else json.dumps(content or {"row": {}}).encode()
        begun = time.monotonic()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body if method == "POST" else None, named)
        answer = self._connection.getresponse()
        said = answer.read()
        return Answer(answer.status, json.loads(said or b"{}"), time.monotonic() - begun)

    def close(self) -> None:
        """Close it."""
        self._connection.close()


@dataclass
class Load:
    """What the clients saw so far."""

    answers: list[Answer] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        """All that a client would complain of."""
        return self.broken + [f"{each.status} {each.content}" for each in self.answers if each.status != 200]

    @property
    def slots(self) -> Counter[str]:
        """How many answers came from whom."""
        return Counter(each.slot for each in self.answers)

    def run(self, port: int, ended: threading.Event, pause: float, content: Any) -> None:
        """Be one client."""
        client = Client(port)
        for turn in itertools.count():
            if ended.is_set():
                break
            try:
                self.answers.append(client.ask(content=content, x_user=f"user-{turn % 500}"))
            except (OSError, http.client.HTTPException) as error:
                self.broken.append(repr(error))
                client.close()
            time.sleep(pause)
        client.close()

    def more(self, count: int = 100, within: float = 10.0) -> "Load":
        """Wait until so many more answers are there."""
        goal, deadline = len(self.answers) + count, time.monotonic() + within
        while len(self.answers) < goal and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.answers) >= goal, f"{len(self.answers)} of {goal} answers; {self.errors[:3]}"
        return self


@contextmanager
def load(
    port: int, *, clients: int = 4, pause: float = 0.004, content: Any = None, seen: Load | None = None
) -> Iterator[Load]:
    """Have clients ask for as long as the block runs."""
    seen, ended = seen or Load(), threading.Event()
    threads = [threading.Thread(target=seen.run, args=(port, ended, pause, content)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield seen.more(20)
    finally:
        ended.set()
        for thread in threads:
            thread.join(PATIENCE + 5)
