"""What training again has come to, out of the ledger: whoever is told that errors are larger than allowed asks that."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from mainline.ledger import Entry

HELPED_NOT = "training again did not help; the next takes twice the new rows"


def last(entries: Sequence[Entry]) -> str:
    """What came of the last retraining, in one sentence; empty where none was judged."""
    found = [entry for entry in entries if entry["kind"] == "retrain"]
    return words(found[-1]) if found else ""


def words(entry: Entry) -> str:
    """What the gate said of a retraining, in one sentence."""
    more = "" if entry["verdict"] == "PASS" else f"; {HELPED_NOT}"
    judged = f"{entry['verdict']} on {entry['fresh'][1]:,} rows"
    return f"Trained again on {day(entry)}, number {entry['number']}: {judged}{more}."


def day(entry: Entry) -> date:
    """When it was judged (UTC)."""
    return datetime.fromisoformat(entry["time"]).astimezone(UTC).date()
