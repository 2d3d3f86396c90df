"""What main knows of the ledger: deploy/ledger, which every delivery writes beside deploy/canary.env.

So that a ledger which was deleted or replaced, on the remote and by whatever hand, is missed by a clone that is new.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainline.errors import Refused
from mainline.tools import branches, git

FILE = "deploy/ledger"
TEXT = re.compile(
    r"LEDGER_COUNT=(?P<count>[1-9]\d{0,8})\nLEDGER_TIP=(?P<tip>[0-9a-f]{40,64})\nLEDGER_DIGEST=(?P<digest>[0-9a-f]{32})\n?"
)


@dataclass(frozen=True)
class Note:
    """A ledger as it was once."""

    count: int
    tip: str
    """The branch's commit."""
    digest: str
    """Of the last line, and so of all lines."""

    def agrees(self, entries: Sequence[dict[str, Any]]) -> bool:
        """Whether lines go on from it."""
        return len(entries) >= self.count and entries[self.count - 1]["digest"] == self.digest

    def text(self) -> str:
        """The file."""
        return f"LEDGER_COUNT={self.count}\nLEDGER_TIP={self.tip}\nLEDGER_DIGEST={self.digest}\n"


def of_main(root: Path) -> Note | None:
    """What the champion's branch knows, as this repository has it; None where it knows nothing.

    Raises:
        Refused: the file is not as it was written.
    """
    found = branches.champion(root)
    text = git.show(found, FILE, root) if found else None
    return None if text is None else parsed(text, str(found))


def parsed(text: str, where: str) -> Note:
    """What such a file says.

    Raises:
        Refused: it is not as it was written.
    """
    said = TEXT.fullmatch(text)
    if said is None:
        raise Refused(f"{FILE} of {where}: not as `mainline deploy` writes it; git log -- {FILE} has it as it was")
    return Note(int(said["count"]), said["tip"], said["digest"])
