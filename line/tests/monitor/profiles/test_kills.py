"""Killed at any moment, a host has counted each line once when it goes on; and so has the branch."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import ROW, labelled, predicted, write
from mainline.monitor.profiles.profile import Profiles
from mainline.monitor.profiles.store import Store

pytestmark = pytest.mark.slow
TOP = Path(__file__).parents[3]
CODE = """
import sys
from pathlib import Path
from line.tests.monitor.profiles.hosts import Counter
from mainline.monitor.profiles import lines
lines.CHUNK = 40_000
host = Counter(Path(sys.argv[1]))
print("begins", flush=True)
host.fold()
host.push(days=20)
"""


def test_a_killed_host_counts_each_line_once(counter: Counter, sent: Callable[[], Profiles]) -> None:
    """Six times with SIGKILL, while it counts and sends eight hundred requests and their labels."""
    random_ = random.Random(4)
    for number in range(10):
        lines = [
            line
            for n in range(80)
            for line in (
                predicted(f"{number}-{n}", [ROW | {"age": float(n % 100)}], days=number + n / 1000),
                labelled(f"{number}-{n - 60}", days=number + n / 1000 + 0.0001, row=0),
            )
        ]
        write(counter.records, f"{number}", *lines)
    killed = 0
    while killed < 6:
        with subprocess.Popen(
            [sys.executable, "-c", CODE, str(counter.folder)], cwd=TOP, stdout=subprocess.PIPE
        ) as one:
            assert one.stdout is not None
            one.stdout.readline()
            time.sleep(random_.random())
            one.send_signal(signal.SIGKILL)
        killed += 1
    counter.fold()
    counter.push(days=21)
    profiles = sent()
    days = profiles.days("v1")
    assert len(days) == 10
    assert profiles.counts("v1", "column:age", days).sum() == 800
    assert profiles.answered("v1", days).sum() == 800
    assert profiles.labels("v1", days).sum() == profiles.truths("v1", days).sum() == 200
    with Store(counter.folder) as store:
        assert len(store.days()) == 10
