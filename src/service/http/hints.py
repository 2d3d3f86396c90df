"""What a message says of names that do not fit: bounded work and a bounded length, whatever names came."""

from bisect import bisect
from collections.abc import Container, Iterable
from itertools import islice

from pipeline.errors import nearest

LONGEST = 100  # characters of a name that are compared and shown
MOST_NAMES = 100  # of a request that are looked at: more of them help nobody
COMPARED = 20  # names that are compared letter by letter, which takes some 30 us each


def shown(name: str) -> str:
    """A name as a message shows it."""
    return name if len(name) <= LONGEST else name[:LONGEST] + "..."


def strange(names: Iterable[str], known: Container[str]) -> list[str]:
    """The first of the names that are not known."""
    return list(islice((name for name in names if name not in known), MOST_NAMES))


def hint(name: str, names: Iterable[str]) -> str:
    """Which name is meant, as `nearest` says it; of many, those that begin or end most like it are compared."""
    asked, known = name[:LONGEST], [each[:LONGEST] for each in names]
    if not known:
        return ""
    if len(known) > COMPARED:
        likely = nearest(asked, _alike(asked, known))
        return likely if likely.startswith("; did you mean") else nearest("", known[:COMPARED])
    return nearest(asked, known)


def _alike(name: str, names: list[str]) -> list[str]:
    """The neighbours of a name in the order of the alphabet, from the front and from behind."""
    near: list[str] = []
    for step in (1, -1):
        order = sorted(each[::step] for each in names)
        place = bisect(order, name[::step])
        near += [each[::step] for each in order[max(0, place - COMPARED // 4) : place + COMPARED // 4]]
    return near
