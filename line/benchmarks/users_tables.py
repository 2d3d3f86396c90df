"""What becomes of canaries in each world of users: tables, today's rules beside the judge's, and what was promised."""

import sys
import time
from collections.abc import Iterator

import numpy as np
from rich.table import Table

from crowded import Ends, Played
from worlds import EQUAL, FAULTS, LABELS, LEFT_OUT, MARGIN, STRANGERS, Case

MOST = 0.05
TABLES = (
    ("Equal canaries of users, 60 looks: taken back", EQUAL),
    ("Faults: canary requests until taken back or paused", FAULTS),
    ("At the margin, and on the way to it: let on", MARGIN),
    ("Labels that come late", LABELS),
    ("Late labels of uneven users, several processes, steps of the share", LEFT_OUT),
    ("What a stranger can do", STRANGERS),
)
COLUMNS = ("world", "design: today / judge", "today: back", "on", "judge: back", "paused", "one bucket", "on")


def tables(canaries: int) -> Iterator[Table]:
    """A table a part; a figure that breaks its promise ends with !"""
    for title, cases in TABLES:
        made = Table(title=f"{title} ({canaries:,} canaries, 400 requests a look)", title_justify="left")
        for column in (*COLUMNS, "median/90%: today", "judge", "s"):
            made.add_column(column, justify="left" if column == "world" else "right")
        for case in cases:
            began = time.monotonic()
            played = Played(case.world, canaries).run()
            found = row(case, played), f"{time.monotonic() - began:.0f}"
            made.add_row(*found[0], found[1])
            print(" | ".join((*found[0], found[1])), file=sys.stderr, flush=True)  # a table may take half an hour
        yield made


def row(case: Case, played: Played) -> tuple[str, ...]:
    """A world's figures."""
    today, new = played.today, played.new
    back, on = float(new.rolled.mean()), float(new.shown.mean())
    broken = " !" if case.claim == "equal" and back + float(new.paused.mean()) > MOST else ""
    let_on = " !" if case.claim == "bad" and on > MOST else ""
    return (
        case.name,
        case.target,
        part(today.rolled),
        part(today.shown),
        part(new.rolled) + broken,
        part(new.paused),
        part(new.alone & new.open),
        part(new.shown) + let_on,
        requests(today),
        requests(new),
    )


def part(which: np.ndarray) -> str:
    """Of all canaries."""
    return f"{100 * which.mean():.1f}%".replace(".0%", "%")


def requests(ends: Ends) -> str:
    """The median and the 90% quantile, of all canaries: a dash where fewer were taken back."""
    return "/".join(
        f"{value:,.0f}" if np.isfinite(value) else "-" for value in np.quantile(ends.at, [0.5, 0.9], method="higher")
    )
