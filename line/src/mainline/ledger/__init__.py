"""The ledger: every decision ever taken and every event on a host, on the branch `mainline/ledger`, append-only.

One JSON object a line, one line a commit. Each line carries a digest of itself and of all before it, so that an edited
line shows; each commit adds one line, so that a cut-off end shows. Appending is compare-and-swap: whoever comes second
reads again what the first has written, and decides anew.
"""

import hashlib
import json
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainline.errors import Refused
from mainline.ledger import branch, note
from mainline.tools import git

if TYPE_CHECKING:
    from mainline.project import SealedSet

FILE = "ledger.jsonl"

Entry = dict[str, Any]
VERDICTS = ("decision", "retrain")
"""The kinds of lines in which the gate says something of a challenger."""
ENDED = ("rolled back", "failed")


@dataclass(frozen=True)
class Ledger:
    """The ledger as it stood at one commit of its branch; no commit where there is none yet."""

    commit: str | None
    entries: tuple[Entry, ...]

    def noted(self) -> note.Note | None:
        """What main is to know of it; None where there is nothing to know yet."""
        last = self.entries[-1] if self.entries else None
        return note.Note(len(self.entries), self.commit, last["digest"]) if last and self.commit else None

    def decisions(self, which: "SealedSet") -> list[Entry]:
        """The decisions that one sealed set has been used for, in order."""
        return [e for e in self.judged(which) if e["kind"] == "decision"]

    @property
    def retrainings(self) -> list[Entry]:
        """The decisions about retrainings, each on rows of its own, in order."""
        return [e for e in self.entries if e["kind"] == "retrain"]

    def judged(self, which: "SealedSet") -> list[Entry]:
        """All that was decided in the time of one sealed set, on its rows or on a retraining's, in order.

        Lines from before the salt was written down are about any set of their generation, but for those whose salt
        another line has brought in since.
        """
        salt, generation = which
        before = salt not in self.brought
        return [
            e
            for e in self.entries
            if e["kind"] in VERDICTS
            and e["generation"] == generation
            and (e["salt"] == salt if "salt" in e else before)
        ]

    @property
    def brought(self) -> set[str]:
        """The salts that new rows came with."""
        return {str(e["to"][0]) for e in self.entries if e.get("to")}

    @property
    def salts(self) -> set[str]:
        """The salts of the sets that decisions were taken on."""
        return {str(e["salt"]) for e in self.entries if "salt" in e}

    def deployments(self) -> list[Entry]:
        """What happened on hosts, in order."""
        return [e for e in self.entries if e["kind"] == "deployment"]

    def rolled_back(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """The versions that must not come back, each with the reason, and the force words that are used up."""
        found: dict[str, tuple[str, tuple[str, ...]]] = {}
        words: dict[str, tuple[str, ...]] = {}
        for entry in self.deployments():
            version = entry["version"]
            if entry.get("force"):
                words[version] = (*words.get(version, ()), entry["force"])
            if entry["event"] in ENDED:
                found[version] = entry["reason"], words.get(version, ())
            elif entry["event"] in ("promoted", "reverted"):
                found.pop(version, None)
        return found

    def paused(self) -> dict[str, str]:
        """The versions that wait for a person on some host, each with the reason."""
        found: dict[str, str] = {}
        for entry in self.deployments():
            if entry["event"] == "paused":
                found[entry["version"]] = entry["reason"]
            elif entry["event"] in ("started", "resumed", "withdrawn", "promoted", *ENDED):
                found.pop(entry["version"], None)
        return found

    def verdict(self, model: str) -> str | None:
        """The last word about a model, by its content hash; None where it was never judged, as a first champion."""
        about = self._about(model)
        return str(about[-1]["verdict"]) if about else None

    def made(self, model: str) -> str | None:
        """Who built a model, as its last decision has it; None where none says so."""
        said = [e["challenger"]["made"] for e in self._about(model) if "made" in e["challenger"]]
        return str(said[-1]) if said else None

    def _about(self, model: str) -> list[Entry]:
        return [e for e in self.entries if e["kind"] in VERDICTS and e["challenger"]["model"] == model]


def begun(root: Path) -> bool:
    """Whether this clone has heard of a ledger; no remote is asked.

    Raises:
        Refused: what main knows of it is not as it was written.
    """
    refs = (branch.SEEN, branch.REF, f"refs/remotes/*/{branch.NAME}")
    return bool(git.git("for-each-ref", "--count=1", *refs, root=root) or note.of_main(root))


def read(root: Path) -> Ledger:
    """Fetch the ledger and check it.

    Raises:
        ToolFailed: the remote cannot be reached.
        Refused: it was edited, cut, rewritten or deleted, or lacks what main knows of it; the line is named, and what
            restores it.
    """
    known = branch.seen(root)  # before the tips: another gate of this clone may write in between
    there, second = branch.CELL.tips(root)
    noted = note.of_main(root)
    if there is None:
        if lost := known or second or (noted and noted.tip):
            raise Refused(f"the branch {branch.NAME} is gone; {_mend(root, lost)}")
        return Ledger(None, ())
    if there != known:
        branch.CELL.bring(root)
    for held in filter(None, (known, second)):
        if not branch.holds(root, there, held):
            raise Refused(f"{branch.NAME} was rewritten: it no longer holds {held[:12]}; {_mend(root, held)}")
    lines = (git.show(there, FILE, root) or "").split("\n")
    entries = _parsed(lines)
    fault = len(entries) + 1 if len(entries) < len(lines) else _first_changed(root, known, there, lines)
    if fault:
        raise Refused(f"{branch.NAME}: line {fault} of {FILE} is not as it was written; {branch.mend(root, known)}")
    if noted and not noted.agrees(entries):
        said = f"{branch.NAME} does not hold {noted.tip[:12]} ({noted.count} lines), which {note.FILE} of main knows"
        raise Refused(f"{said}; {_mend(root, noted.tip)}")
    if there != known:
        branch.remember(root, there)
    return Ledger(there, entries)


def append(root: Path, ledger: Ledger, entry: Entry) -> bool:
    """Write one more line behind a ledger as it was read.

    Returns:
        False where somebody else has written in between: read again, and decide again.

    Raises:
        ToolFailed: the branch cannot be written, though nobody else has.
    """
    before = ledger.entries[-1]["digest"] if ledger.entries else ""
    line = {"n": len(ledger.entries) + 1, **entry}
    line["digest"] = _digest(before, line)
    lines = [json.dumps(each, ensure_ascii=False) for each in (*ledger.entries, line)]
    text = "\n".join(lines) + "\n"
    commit = branch.commit(root, ledger.commit, FILE, text, f"{line['kind']} {line['n']}")
    cannot = f"the ledger cannot be written ({{}}); whoever runs the gate must be let push to {branch.NAME}"
    written = branch.CELL.settle(root, ledger.commit, commit, cannot)
    if written:
        branch.remember(root, commit)
    return written


def _mend(root: Path, lost: str) -> str:
    """What restores the branch, where this clone or the remote's second ref has the commit."""
    if branch.has(root, lost):
        return branch.mend(root, lost)
    return branch.mend(root, None)


def _parsed(lines: list[str]) -> tuple[Entry, ...]:
    """The entries up to the first line that does not hold to its number and digest."""
    entries: list[Entry] = []
    before = ""
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            whole = entry["n"] == number and entry["digest"] == _digest(before, entry)
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            break
        entries.append(entry)
        before = entry["digest"]
    return tuple(entries)


def _first_changed(root: Path, known: str | None, there: str, lines: list[str]) -> int:
    """The first line that a commit since `known` changed after it was written; 0 where each only added one."""
    span = [there, f"^{known}"] if known else [there]
    log = git.git("log", "--no-show-signature", "--reverse", "--format=commit %H", "--numstat", *span, root=root)
    shallow = not known and git.git("rev-parse", "--is-shallow-repository", root=root) == "true"
    for place, said in enumerate(log.split("commit ")[1:]):
        commit, _, change = said.partition("\n")
        oldest = place == 0 and not known
        if change.strip() == f"1\t0\t{FILE}" or (oldest and shallow):  # that one stands for all before it
            continue
        before = [] if oldest else (git.show(f"{commit}^", FILE, root) or "").split("\n")
        pairs = zip_longest(before, lines)
        return next((number for number, (was, now) in enumerate(pairs, start=1) if was != now), len(lines))
    return 0


def _digest(before: str, entry: Entry) -> str:
    """A hash of a line's content and of the digest before it."""
    content = json.dumps({k: v for k, v in entry.items() if k != "digest"}, sort_keys=True)
    return hashlib.sha256(f"{before}\n{content}".encode()).hexdigest()[:32]
