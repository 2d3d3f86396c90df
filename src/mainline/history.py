"""`mainline history`: what the ledger holds, as a table."""

from pathlib import Path

from mainline import ui
from mainline.gate import ledger

HEAD = ("", "when", "decision", "verdict", "condition", "challenger", "champion")


def rows(root: Path) -> list[tuple[str, ...]]:
    """The ledger's decisions, oldest first, as cells.

    Raises:
        Refused: the ledger is not as it was written.
    """
    return [
        (
            str(entry["n"]),
            entry["time"][:16].replace("T", " "),
            f"{entry['t']} of set {entry['generation']}",
            entry["verdict"],
            entry["condition"],
            entry["challenger"]["model"][:8],
            entry["champion"]["model"][:8] if entry["champion"] else "none",
        )
        for entry in ledger.read(root).entries
    ]


def show(root: Path) -> None:
    """Print the ledger."""
    if found := rows(root):
        ui.table(HEAD, found)
    else:
        ui.say("no decision has been taken yet")
