"""Users of the model: so many requests a second through the gateway, and what came of each."""

import http.client
import json
import threading
import time
from collections import Counter
from types import TracebackType

THREADS = 4


class Users:
    """Asks for as long as the block runs; `take` answers what came since it was asked last."""

    def __init__(self, address: tuple[str, int], body: bytes, key: str, rate: float) -> None:
        self._address, self._body, self._rate = address, body, rate
        self._headers = {"Content-Type": "application/json", "X-API-Key": key}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock, self._over = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(THREADS)]

    def __enter__(self) -> "Users":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(15)

    def take(self) -> Counter[tuple[str, str]]:
        """Requests by version and status; by "" and the failure where no answer came."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return taken

    def _ask(self) -> None:
        connection, due = None, time.monotonic()
        while not self._over.is_set():
            due = max(due + THREADS / self._rate, time.monotonic() - 1)
            try:
                connection = connection or http.client.HTTPConnection(*self._address, timeout=10)
                connection.request("POST", "/predict", self._body, self._headers)
                answer = connection.getresponse()
                came = (_version(answer.read()), str(answer.status))
            except (OSError, http.client.HTTPException) as error:
                came, connection = ("", type(error).__name__), None
            with self._lock:
                self._counts[came] += 1
            self._over.wait(max(0.0, due - time.monotonic()))


def _version(body: bytes) -> str:
    try:
        said = json.loads(body)
        return str(said["model_version"])
    except (ValueError, KeyError, TypeError):
        return ""


def failures(came: Counter[tuple[str, str]]) -> int:
    """How many were not answered as they should be."""
    return sum(number for (_, status), number in came.items() if status != "200")
