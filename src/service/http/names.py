"""Whether the names of a table's columns are those that the model knows: each once, none missing, none strange."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from service.http.hints import hint, shown, strange
from service.http.protocol import Refused

MOST_PROBLEMS = 10


def check_names(names: Sequence[str], wanted: Collection[str], known: Mapping[str, None]) -> None:
    """Check the names of a table's columns.

    Args:
        wanted: those that the model reads.
        known: those, and the ones that are passed over; in the order in which an error tells them.

    Raises:
        Refused: 400, with up to ten problems.
    """
    if problems := list(islice(_problems(names, wanted, known), MOST_PROBLEMS)):
        raise Refused(400, "; ".join(problems[:3]) + ("; ..." if len(problems) > 3 else ""), problems)


def _problems(names: Sequence[str], wanted: Collection[str], known: Mapping[str, None]) -> Iterator[str]:
    counts = Counter(names)
    unknown = strange(counts, known)
    for name in strange(wanted, counts):
        yield f"column {name!r} is missing{hint(name, unknown)}"
    for name in unknown:
        yield f"column {shown(name)!r} is unknown{hint(name, known)}"
    for name, count in counts.items():
        if count > 1:
            yield f"column {shown(name)!r} is there {'twice' if count == 2 else f'{count:,} times'}"
