"""A small project in production, and what production records of it: a truth that may move, or be lied about."""

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from line.tests.monitor.profiles import recorded
from line.tests.projects import commit_all, edit
from mainline.commands import lock
from mainline.monitor.profiles import sides
from mainline.project import Project
from mainline.tools import git

Row = tuple[float, float, float]
Truth = Callable[[Row], bool]
QUERY = "select a, b, c, answer from rows order by rowid"
OLD, NEW = 0.0, 2.0
SOURCE = "sqlite:////${DB_PASSWORD}.db"
"""Where each copy of the project finds rows of its own, so that what one has built is what all would build."""


def word(folder: Path) -> str:
    """What is secret of where the rows of a folder are: ${DB_PASSWORD}."""
    return str(folder / "rows").removeprefix("/")


def usual(row: Row) -> bool:
    """What the source says."""
    return row[0] > 5


def moved(row: Row) -> bool:
    """What has become of it in production, whose rows have another c."""
    return row[0] > (5 if row[2] < 1 else 7)


def flipped(row: Row) -> bool:
    """What a liar says: of three tenths of the rows the contrary."""
    return usual(row) != (row[0] < 3)


def rows(count: int, c: float, seed: int) -> Iterator[Row]:
    """Rows like no other."""
    draw = random.Random(seed)
    for _ in range(count):
        yield draw.uniform(0, 10), draw.uniform(0, 1), c + draw.uniform(0, 1)


def fill(database: Path, count: int, seed: int, truth: Truth = usual, *, c: float = OLD) -> None:
    """Add rows to the source."""
    with sqlite3.connect(database) as connection:
        connection.execute("create table if not exists rows (a real, b real, c real, answer text)")
        said = [(*row, "yes" if truth(row) else "no") for row in rows(count, c, seed)]
        connection.executemany("insert into rows values (?, ?, ?, ?)", said)


def record(
    project: Project, folder: Path, count: int, truth: Truth, *, c: float = NEW, seed: int = 7, sealed: bool = False
) -> None:
    """Let production record rows and their labels, as the service of a project's model does.

    Args:
        sealed: only those on the sealed side.
    """
    about = json.loads((project / "models/signature.json").read_text())
    deciles = [float(n) for n in range(1, 10)]
    columns = [
        {"name": name, "kind": "numeric", "minimum": 0.0, "maximum": 10.0, "deciles": deciles}
        for name in ("a", "b", "c")
    ]
    lines, window = [], {"group": None, **about["sealed"]}
    for n, row in enumerate(rows(count, c, seed)):
        cells = dict(zip(("a", "b", "c"), row, strict=True))
        inputs = {name: [cell] for name, cell in cells.items()}
        if sealed and not sides.sealed(sides.Window(**window), sides.keys(inputs, 1, list(cells)), inputs, 1)[0]:
            continue
        lines.append(recorded.predicted(f"r{seed}-{n}", [cells], ["yes" if usual(row) else "no"], days=n % 20))
        lines.append(recorded.labelled(f"r{seed}-{n}", "yes" if truth(row) else "no", days=n % 20 + 1))
    recorded.write(folder, str(seed), *lines, first=recorded.head(columns=columns, sealed=window))


def begin(root: Path) -> Project:
    """Make a project about such a source, built and committed on its main."""
    edit(
        root,
        data={"source": SOURCE, "query": QUERY, "rows": None, "target": "answer"},
        validate={"rules": {}, "known_leaks": ["a"]},
        train={"params": {"max_depth": 6}},
    )
    project = lock.refresh(Project(root))
    commit_all(root, "Another table")
    return project


def share(root: Path, origin: Path) -> None:
    """Give it a remote that has its main."""
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(origin), root=root)
    git.git("remote", "add", "origin", str(origin), root=root)
    git.git("push", "--quiet", "--set-upstream", "origin", "main", root=root)


def retrained(number: int, verdict: str, *, on: date | None = None, learnt: int = 100) -> dict[str, object]:
    """A line of the ledger about a retraining."""
    when = datetime.combine(on, datetime.min.time(), UTC) if on else datetime.now(UTC)
    model = {"model": "0" * 32, "commit": "0" * 40}
    return {
        "kind": "retrain",
        "time": (when + timedelta(hours=1)).isoformat(timespec="seconds"),
        **{"salt": "mainline", "generation": 0, "number": number, "alpha": 0.05 / 12, "verdict": verdict},
        **{"condition": "accuracy: better than the champion", "margin": 0.0, "trigger": {"why": "every", "words": ""}},
        **{"until": "", "rows": {"in": {"train": learnt, "dev": 0, "asked": 400}, "source": {}, "out": {}}},
        **{"fresh": ["d", 400], "stream": "", "challenger": model, "champion": model, "predictions": ["a", "b"]},
        "dev": {"accuracy": [0.1, 0.1]},
    }
