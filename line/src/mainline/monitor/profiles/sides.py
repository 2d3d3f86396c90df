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
    ordered = sorted(names)
    if not ordered:
        return [_key("[]")] * rows
    form = ",".join(f"[{_json(name).replace('%', '%%')},%s]" for name in ordered)
    cells = [_cells(inputs[name]) for name in ordered]
    return [_key(f"[{content}]") for content in map(form.__mod__, zip(*cells, strict=True))]


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


def _cells(cells: Sequence[Any]) -> list[str]:
    """Each cell as JSON; numbers all at once, most of them by the library that is ten times as fast."""
    if PLAIN.issuperset(map(type, cells)):
        text = pydantic_core.to_json(cells, inf_nan_mode="constants").decode()
        said = text[1:-1].split(",") if cells else []
        if "e" not in text and "0.0000" not in text:
            return said
        pairs = zip(said, cells, strict=True)  # very large and very small numbers it writes otherwise
        return [_json(cell) if "e" in word or "0.0000" in word else word for word, cell in pairs]
    known: dict[str, str] = {}
    return [
        (known.get(cell) or known.setdefault(cell, _json(cell))) if type(cell) is str else _json(cell) for cell in cells
    ]


def _word(cell: object) -> str:
    """A cell as the pipeline's columns.as_text writes it; empty where nothing is said."""
    if cell is None or cell != cell:
        return ""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()
