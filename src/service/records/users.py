"""Counts by user, for the judge of a canary: of the router's 10,000 buckets sums come out, and no user is named.

A request counts while it carries X-Mainline-Unit: <canary's id>.<bucket>, which the router sets and takes from nobody
else; with another canary's id all begins anew. The gauges are those of all workers, whichever is asked:

    mainline_unit_info{unit}                      1; the canary's id
    mainline_unit_sum{signal, age, view, of}      errors, refusals: requests; complaints: rows that became so many
                                                  seconds old; labels: those that had a label by then
    mainline_unit_top{signal, age, view, rank, of}  the buckets with most bad
    mainline_labels_lost{age}                     rows that gave way before they were so old

view: all of a bucket, or its first 8. of: n, b (bad), nn, bb, nb (sums over buckets of squares and products), buckets.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

BUCKETS = 10_000
AGES = (10, 30, 60, 300, 1800, 7200, 43_200, 86_400, 259_200, 604_800)
"""Seconds, up to a week: labels are compared at one age of the answers on both sides."""
FIRST = 8
VIEWS = {"all": 0, "first8": FIRST}
REQUESTS = [("errors", "", "all"), ("errors", "", "first8"), ("refusals", "", "all")]
ROWS = [(signal, str(age), view) for age in AGES for signal in ("complaints", "labels") for view in VIEWS]
RATES = [*REQUESTS, *ROWS]
MOST_TOP = {"errors": 8, "refusals": 8}
LONGEST_ID = 100
_HEADER = re.compile(rb"([A-Za-z0-9._-]{1,%d})\.(\d{1,4})" % LONGEST_ID)
_HEAD = 128  # bytes: how often all began anew, and for which canary


class User(NamedTuple):
    """The bucket that a request is of, and of which of the canaries so far."""

    epoch: int
    bucket: int


class Users:
    """The counts, in memory that others may share; whoever calls holds it."""

    size = _HEAD + 8 * len(AGES) + 4 * len(RATES) * 2 * BUCKETS

    def __init__(self, memory: memoryview) -> None:
        """Args: memory, so many bytes."""
        lost, counts = _HEAD + 8 * len(AGES), 4 * len(RATES) * 2 * BUCKETS
        self._epoch, self._unit = memory[:8].cast("Q"), memory[8:_HEAD]
        self._lost = np.frombuffer(memory[_HEAD:lost], dtype=np.uint64)
        self._counts = np.frombuffer(memory[lost : lost + counts], dtype=np.uint32).reshape(len(RATES), 2, BUCKETS)

    def of(self, header: bytes | None) -> tuple[User | None, bool]:
        """Whose request it is, by its header, and whether all began anew with it."""
        found = _HEADER.fullmatch(header) if header else None
        if found is None:
            return None, False
        unit = found[1].ljust(_HEAD - 8, b"\0")
        anew = unit != self._unit
        if anew:
            self._counts[:], self._lost[:], self._unit[:] = 0, 0, unit
            self._epoch[0] += 1
        return User(self._epoch[0], int(found[2])), anew

    def stands(self, user: User | None) -> bool:
        """Whether it is of the canary that is judged now."""
        return user is not None and user.epoch == self._epoch[0]

    def answered(self, user: User | None, status: int) -> None:
        """Count a request."""
        if user is None or not self.stands(user):
            return
        for rate, (signal, _, view) in enumerate(REQUESTS):
            n, b = self._counts[rate]
            if not VIEWS[view] or n[user.bucket] < VIEWS[view]:
                n[user.bucket] += 1
                b[user.bucket] += status >= 500 if signal == "errors" else 400 <= status < 500

    def aged(self, age: int, buckets: np.ndarray, labelled: np.ndarray, wrong: np.ndarray) -> None:
        """Count rows that became so old: (rows,) of their buckets, whether they had a label by then, and a wrong one.

        Args:
            age: its place among AGES.
        """
        first = len(REQUESTS) + 4 * age
        for rate, (signal, _, view) in enumerate(RATES[first : first + 4], start=first):
            theirs, bad = (buckets, wrong) if signal == "complaints" else (buckets[labelled], wrong[labelled])
            n, b = self._counts[rate]
            if VIEWS[view]:
                early = n[theirs] + _place_among_equals(theirs) < VIEWS[view]
                theirs, bad = theirs[early], bad[early]
            np.add.at(n, theirs, 1)
            np.add.at(b, theirs[bad], 1)

    def lose(self, reached: int) -> None:
        """A row gave way when it had reached so many of the AGES."""
        self._lost[reached:] += np.uint64(1)

    def text(self) -> str:
        """The gauges, as Prometheus reads them; nothing before the first request of a user."""
        unit = bytes(self._unit).rstrip(b"\0").decode()
        if not unit:
            return ""
        lost = [f'mainline_labels_lost{{age="{age}"}} {n}' for age, n in zip(AGES, self._lost.tolist(), strict=True)]
        families = {"unit_info": [f'mainline_unit_info{{unit="{unit}"}} 1'], "labels_lost": lost}
        families |= {"unit_sum": [], "unit_top": []}
        for (signal, age, view), counts in zip(RATES, self._counts, strict=True):
            about = f'signal="{signal}",age="{age}",view="{view}"'
            n, b = counts[0].astype(np.int64), np.minimum(counts[1], counts[0]).astype(np.int64)
            if n.any():
                families["unit_sum"] += _sums(about, n, b)
                families["unit_top"] += _top(about, n, b, MOST_TOP.get(signal, 1))
        lines = [f"# TYPE mainline_{name} gauge\n" + "\n".join(each) for name, each in families.items() if each]
        return "\n".join(lines) + "\n"


def _place_among_equals(buckets: np.ndarray) -> np.ndarray:
    """How many of the same bucket came before each."""
    order = np.argsort(buckets, kind="stable")
    sorted_ = buckets[order]
    place = np.empty_like(order)
    place[order] = np.arange(len(order)) - np.searchsorted(sorted_, sorted_, side="left")
    return place


def _sums(about: str, n: np.ndarray, b: np.ndarray) -> Iterator[str]:
    sums = {"n": n.sum(), "b": b.sum(), "nn": n @ n, "bb": b @ b, "nb": n @ b, "buckets": np.count_nonzero(n)}
    return (f'mainline_unit_sum{{{about},of="{of}"}} {int(value)}' for of, value in sums.items())


def _top(about: str, n: np.ndarray, b: np.ndarray, most: int) -> Iterator[str]:
    worst = [bucket for bucket in np.argsort(-b, kind="stable")[:most].tolist() if b[bucket]]
    for rank, bucket in enumerate(worst, start=1):
        for of, value in (("bucket", bucket), ("n", n[bucket]), ("b", b[bucket])):
            yield f'mainline_unit_top{{{about},rank="{rank}",of="{of}"}} {int(value)}'
