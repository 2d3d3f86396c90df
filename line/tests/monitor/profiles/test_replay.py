"""A month of a service's traffic, folded hour by hour and sent day by day, is what was recorded."""

import random
from collections import Counter as Tally
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.monitor.profiles import recorded
from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import ROW, Line, head, labelled, predicted, text
from mainline.monitor.profiles import branch
from mainline.monitor.profiles.profile import Profiles
from mainline.tools import git

pytestmark = pytest.mark.slow


def month(seed: int) -> list[tuple[float, Line]]:
    """Requests of thirty days, and labels of most of them, up to three weeks late; each with its time in days."""
    chance = random.Random(seed)
    lines: list[tuple[float, Line]] = []
    for number in range(1500):
        at = chance.random() * 30
        age, answer = float(chance.randrange(100)), chance.choice(["no", "yes"])
        lines.append((at, predicted(f"{seed}-{number}", [ROW | {"age": age}], [answer], days=at)))
        if chance.random() < 0.8:
            late = at + chance.random() * 21
            lines.append((late, labelled(f"{seed}-{number}", chance.choice(["no", "yes"]), days=late)))
    return sorted(lines, key=lambda each: each[0])


def test_a_month_of_two_hosts(host: Callable[[str], Counter], sent: Callable[[], Profiles], remote: Path) -> None:
    """Counted twice a day; one sends each day, the other was cut off from git, and catches up at the end."""
    hosts = {name: (host(name), month(seed)) for seed, name in enumerate("ab")}
    for tick in range(1, 63):
        now = tick / 2
        for name, (each, lines) in hosts.items():
            new = [line for at, line in lines if now - 0.5 <= at < now]
            each.records.mkdir(exist_ok=True)
            with (each.records / f"records-{int(now - 0.5):03d}.jsonl").open("ab") as stream:
                stream.write(text(*([head()] if not stream.tell() else []), *new))
            each.fold(days=now)
            if name == "a" or tick == 62:
                each.push(days=now)
    profiles = sent()
    days = [recorded.at(n).date() for n in range(32)]
    assert profiles.covered == tuple(days[:31])
    told = [line for _, lines in hosts.values() for at, line in lines if at < 31 and line["time"][:10] <= str(days[30])]
    requests = Tally(line["time"][:10] for line in told if line["kind"] == "predictions")
    assert {str(day): profiles.answered("v1", [day]).sum() for day in profiles.days("v1")} == requests
    assert profiles.counts("v1", "column:age", days).sum() == requests.total()
    assert profiles.labels("v1", days).sum() == sum(line["kind"] == "feedback" for line in told)
    assert len(git.git("rev-list", branch.NAME, root=remote).split()) == 31 + 1
