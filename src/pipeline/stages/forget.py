"""Beside the stages, forget: adds hashes of what names people to the list of data.forget, never what was typed."""

import sys
from pathlib import Path

from pipeline.errors import ParamsError
from pipeline.params import Params
from pipeline.table import columns, forgetting, private, tables


def run(params: Params, column: str) -> None:
    """Add a line for each line of standard input.

    Args:
        column: whose cells they are, such as that of data.id or of split.group.
    """
    data = params.data
    if data.forget is None:
        raise ParamsError(f"data.forget: not set, so nobody reads such a list; {SETTLED}")
    path = Path(data.forget)
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError):
        raise ParamsError(f"data.forget: {path} is no text") from None
    text += "\n" if text and not text.endswith("\n") else ""
    known = forgetting.listed(data) if path.exists() else {}
    secret = private.key() if column in data.private else None
    if sys.stdin.isatty():
        print(f"forget: one {column} a line; Ctrl-D ends")
    words = [word for line in sys.stdin if (word := columns.word(line, data.missing))]
    hashes = [private.plain(column, word) if secret is None else private.keyed(secret, column, word) for word in words]
    new = [each for each in dict.fromkeys(hashes) if each not in known.get(column, ())]
    head = f"{forgetting.MADE_WITH}{forgetting.mark(secret)}\n" if secret else ""
    tables.write_text(text + (head if head not in text else "") + "".join(f"{each}  {column}\n" for each in new), path)
    print(
        f"forget: {len(new):,} more in {path}, {len(words) - len(new):,} known; `mainline lock` leaves their rows out"
    )


SETTLED = "params.yaml: data: {forget: data/forget.txt}"
