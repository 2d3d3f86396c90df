"""A project whose model is in production: what a host writes into its ledger, and sends to its branch."""

from datetime import date
from pathlib import Path

from line.tests.monitor import world
from line.tests.monitor.world import FIRST, World
from mainline import ledger
from mainline.monitor.profiles import branch, files

HOST = "00000000000000aa"
OLDER_PEOPLE = World(age=(0.01, 0.0, 0.15, 0.2, 0.3, 0.34, 0.0))


def promote(root: Path, version: str, on: date) -> None:
    """As a host writes it into the ledger."""
    event = {"event": "promoted", "version": version, "production": version, "share": 1.0, "reason": "", "id": version}
    entry = {"kind": "deployment", "time": f"{on}T12:00:00+00:00", **event}
    assert ledger.append(root, ledger.read(root), entry)


def send(root: Path, version: str, days: int, then: World | None = None, at: int = 80, first: date = FIRST) -> None:
    """As a host sends it to the branch: days of a world that may change."""
    texts = {
        files.path_of_day(when, HOST): files.text_of_day({name: book.to_json() for name, book in each.items()})
        for when, each in world.books(days, then=then, at=at, name=version, first=first).items()
    }
    about = {files.path_of_version(version): files.text_of(world.version(version).to_json())}
    assert branch.put(root, texts, "Profiles", about)
