"""Which side a recorded row is on: the record alone decides it, as the pipeline's split would, without the model.

A row's content is what was recorded of it, as JSON: pairs of name and value in the order of names. Its key is a hash of
the content, and its position a hash of the key, or of its group's name where split.group is set: as in the pipeline's
split.py, so that rows of one group stay together wherever they come from.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pydantic_core
from numpy.typing import NDArray

STREAM, ASKED, SEALED = "stream:", "asked:", "sealed:"
"""How the ids of rows that production brought begin: see the pipeline's stream.py."""
PLAIN = frozenset({float, int, bool, type(None)})
KEY_BYTES, POSITION_BYTES = 16, 8
AT_ONCE = 500  # rows, whose texts fit into a processor's cache
_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Window(NamedTuple):
    """Which positions are sealed, as split had it when the model was trained."""

    salt: str
    start: float
    stop: float
    group: str | None
    """The column whose value decides, in place of the content."""

    def tells(self, names: Sequence[str]) -> bool:
        """Whether rows of which these columns are recorded can be told apart: a group that is not among them, not."""
        return self.group is None or self.group in names


def sealed_window(said: Mapping[str, Any]) -> Window | None:
    """The sealed window out of a parsed line of kind `columns`; None where an older service wrote it.

    Raises:
        ValueError: it is damaged.
    """
    if (found := said.get("sealed")) is None:
        return None
    try:
        salt, start, stop, group = (found[name] for name in Window._fields)
    except (KeyError, TypeError):
        raise ValueError("a sealed window that is none") from None
    edges = type(start) in (int, float) and type(stop) in (int, float) and 0 <= start <= stop <= 1 + 1e-9
    if len(found) != len(Window._fields) or not isinstance(salt, str) or not edges:
        raise ValueError("a sealed window that is none")
    if group is not None and not isinstance(group, str):
        raise ValueError("a group that is no column")
    return Window(salt, float(start), float(stop), group)


def names(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The recorded columns of a parsed line of kind `columns`: the private ones are not among them."""
    return tuple(column["name"] for column in said["columns"])


def keys(inputs: Mapping[str, Sequence[Any]], rows: int, names: Iterable[str]) -> list[str]:
    """The key of each row: 32 hex digits of its content.

    Args:
        inputs: by column, (rows,) cells as recorded.
        names: of the recorded columns that are not private.

    Raises:
        KeyError: a column is not there.
    """
    if not (ordered := sorted(names)):
        return [_key("[]")] * rows
    found: list[str] = []
    for first in range(0, rows, AT_ONCE):
        some = slice(first, first + AT_ONCE)
        pairs = zip(*(_pairs(name, inputs[name][some]) for name in ordered), strict=True)
        found += [_key(f"[{','.join(each)}]") for each in pairs]
    return found


def sealed(window: Window, keys: Sequence[str], inputs: Mapping[str, Sequence[Any]], rows: int) -> NDArray[np.bool_]:
    """Which rows are on the sealed side: (rows,).

    Args:
        window: which `tells` of the recorded columns.
        keys: of the rows.
        inputs: by column, (rows,) cells as recorded; of them the group's is read. A row that has none is not sealed.
    """
    words = keys if window.group is None else [_word(cell) for cell in inputs[window.group]]
    salted = f"{window.salt}\0".encode()
    digests = [hashlib.blake2b(salted + word.encode(), digest_size=POSITION_BYTES).digest() for word in words]
    at = np.frombuffer(b"".join(digests), ">u8").astype(np.float64) / 2**64
    found: NDArray[np.bool_] = (at >= window.start) & (at < window.stop)
    if window.group is not None:
        found &= np.array([bool(word) for word in words], np.bool_)
    if found.shape != (rows,):
        raise ValueError("cells that are more, or fewer, than rows")
    return found


def _key(content: str) -> str:
    return hashlib.blake2b(content.encode(), digest_size=KEY_BYTES).hexdigest()


def _pairs(name: str, cells: Sequence[Any]) -> list[str]:
    """Name and value of each cell as JSON, of a column of numbers all at once: it is most of what a key costs."""
    before = f"[{_json(name)},"
    if not PLAIN.issuperset(map(type, cells)):
        known = {cell: f"{before}{_json(cell)}]" for cell in {cell for cell in cells if type(cell) is str}}
        return [known[cell] if type(cell) is str else f"{before}{_json(cell)}]" for cell in cells]
    text = pydantic_core.to_json(cells, inf_nan_mode="constants").decode()[1:-1]
    sizes = np.abs(np.array(cells, np.float64))
    if len(odd := np.flatnonzero((sizes >= 1e16) | (sizes < 1e-4) & (sizes > 0))):  # Python writes these otherwise
        words = text.split(",")
        for place in odd.tolist():
            words[place] = _json(cells[place])
        text = ",".join(words)
    between = f"]\n{before}"
    return f"{before}{text.replace(',', between)}]".split("\n")


def _word(cell: object) -> str:
    """A cell as the pipeline's columns.as_text writes it; empty where nothing is said."""
    if cell is None or cell != cell:
        return ""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()
