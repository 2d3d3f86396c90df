"""Does the service stay as it is? Ten minutes at 80% of its limit, each prediction followed by its label.

    python line/benchmarks/soak.py                 # eleven minutes; two cores
    python line/benchmarks/soak.py --minutes 1

It finds the limit first: callers that ask again as soon as they are answered. Then it keeps to a pace, and prints what
the service does with it: errors, how long answers take, and the memory of all its processes.
"""

import argparse
import json
import selectors
import socket
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import psutil

from mainline.tools import ports

TOP = Path(__file__).parents[2]
sys.path.insert(0, str(TOP / "line/benchmarks"))

import load  # noqa: E402 - beside this file, wherever it is called from
import servers  # noqa: E402
import serving  # noqa: E402

CALLERS = 16
SHARE = 0.8
REPORT_EVERY = 30.0


class Labelling(load.Caller):
    """A caller that tells the label of each prediction before it asks for the next."""

    def next(self, question: bytes) -> bytes:
        """What to send after the answer that came."""
        said = json.loads(self.received.partition(b"\r\n\r\n")[2] or b"{}")
        if "predictions" not in said:
            return question
        return load.request("/feedback", {"request_id": said["request_id"], "label": said["predictions"][0]})


def pace(port: int, question: bytes, rate: float | None, seconds: float) -> load.Result:
    """Send requests, predictions and labels in turn, at a rate; without one, as fast as they are answered."""
    selector, taken, errors = selectors.DefaultSelector(), [], 0
    idle: deque[Labelling] = deque()
    for _ in range(CALLERS):
        connection = socket.create_connection((load.HOST, port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        idle.append(Labelling(connection))
        selector.register(connection, selectors.EVENT_READ, idle[-1])
    began = due = time.perf_counter()
    while (now := time.perf_counter()) < began + seconds:
        while idle and due <= now:
            caller = idle.popleft()
            caller.ask(caller.next(question))
            due = due + 1 / rate if rate else now
        wait = max(0.0, due - time.perf_counter()) if idle else 1.0
        for key, _ in selector.select(min(wait, 1.0)):
            caller = key.data
            if caller.answered():
                taken.append(time.perf_counter() - caller.asked)
                errors += not caller.received.startswith(b"HTTP/1.1 200")
                idle.append(caller)
    for key in list(selector.get_map().values()):
        key.data.connection.close()
    return load.Result(tuple(sorted(taken)) or (seconds,), errors, now - began)


def memory_of(port: int) -> float:
    """Megabytes of the processes that serve a port, with their parents and children of the same command."""
    served = next(c.pid for c in psutil.net_connections("tcp") if c.laddr.port == port and c.status == "LISTEN")
    head = psutil.Process(served)
    while (above := head.parent()) is not None and above.pid != psutil.Process().pid:
        head = above
    return float(sum(p.memory_info().rss for p in [head, *head.children(recursive=True)]) / 1e6)


def soak(minutes: float) -> None:
    """Serve, find the limit, and keep below it."""
    port = ports.free()
    question = load.request("/predict", {"rows": serving.rows_of_dev(1)})
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with servers.running(servers.ours(), port, folder / "service"):
            pace(port, question, None, 3)
            limit = pace(port, question, None, 10).rate
            rate = SHARE * limit
            print(f"limit: {limit:,.0f} requests/s, half of them labels; from here {rate:,.0f} requests/s")
            print("| minute | requests | errors | p50 ms | p99 ms | slowest ms | memory MB | records MB |")
            print("|---|---|---|---|---|---|---|---|")
            end, began, errors, done = time.monotonic() + 60 * minutes, time.monotonic(), 0, 0
            while (left := end - time.monotonic()) > 1:
                found = pace(port, question, rate, min(REPORT_EVERY, left))
                errors, done = errors + found.errors, done + len(found.seconds)
                records = sum(path.stat().st_size for path in (folder / "service/records").glob("*")) / 1e6
                print(
                    f"| {(time.monotonic() - began) / 60:.1f} | {len(found.seconds):,} | {found.errors} "
                    f"| {found.milliseconds(0.5):.2f} | {found.milliseconds(0.99):.2f} "
                    f"| {1000 * found.seconds[-1]:.0f} | {memory_of(port):.1f} | {records:.1f} |",
                    flush=True,
                )
            print(f"{done:,} requests, {errors} errors")
            sys.exit(1 if errors else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    soak(parser.parse_args().minutes)
