"""What the cluster's judge remembers: what git wants, what is in production and barred, and events on their way."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mainline import ledger
from mainline.canary.kept import write
from mainline.errors import JudgeError
from mainline.host import blocklist, machine, state, sync, transitions
from mainline.host.log import Log
from mainline.host.model import Block, Placed, Record, Release, State
from mainline.host.transitions import Moved

FILE, FORMAT = "state.json", 1


@dataclass(frozen=True)
class Kept:
    """All that is written down of it."""

    state: State = field(default_factory=State)
    """A host's: the cluster is one, with Rollouts in place of slots. Nothing stands beside production in it."""
    outbox: tuple[dict[str, Any], ...] = ()
    """Events that are not in the ledger yet."""
    ended: str = ""
    """The abort of a Rollout that was seen last."""


class Memory:
    """Kept on the disk before it is acted on; a lock, as many ask at a time."""

    def __init__(self, folder: Path, name: str, log: Log, clock: Callable[[], float]) -> None:
        """Args: where it is kept; the cluster's name in the ledger; the time of day."""
        self._path, self._name, self._log, self._clock = folder / FILE, name, log, clock
        self._lock = threading.RLock()
        self.kept = _loaded(self._path, log)

    @property
    def state(self) -> State:
        """What git wants, what is in production, and what is barred."""
        return self.kept.state

    @property
    def production(self) -> str:
        """The version in production, as far as it is known."""
        return self.state.production.release.version if self.state.production else ""

    def release(self, version: str) -> Release:
        """A version with what git says of it now."""
        wanted = (self.state.wanted_canary, self.state.wanted_production)
        return next((each for each in wanted if each and each.version == version), Release(version))

    def barred(self, version: str) -> Block | None:
        """What keeps a version from being started here; None where nothing does, or a person lifted it."""
        block = blocklist.block_of(self.state, version)
        return block if block and not block.lifted and version != self.production else None

    def lifted(self, version: str) -> bool:
        """Whether a person has a version again that was rolled back."""
        block = blocklist.block_of(self.state, version)
        return block is not None and block.lifted

    def words(self, version: str) -> tuple[str, ...]:
        """What people wrote to have a version again, as git holds it now."""
        return tuple(sorted(blocklist.words_of(self.state, version)))

    def want(self, canary: Release | None, production: Release | None, known: tuple[Block, ...]) -> None:
        """Take in what git wants, and which versions the ledger bars."""
        with self._lock:
            before = self.state.wanted_production
            asked = replace(blocklist.told(self.state, known), wanted_canary=canary, wanted_production=production)
            self._move((replace(asked, barred=blocklist.lifted(asked)), ()))
            if before and production and before.version != production.version == self.production:
                why = f"deploy/production.env went back to {production.version}"
                self.roll_back(before.version, why, 0.0)  # in the middle of its release

    def recall(self, history: ledger.Ledger) -> None:
        """Take up what this cluster wrote into the ledger before, where nothing else is known of it."""
        with self._lock:
            lived = [each for each in history.deployments() if each.get("host") == self._name]
            began = [str(each["version"]) for each in lived if each["event"] in ("promoted", "reverted")]
            if self.state.production or not began:
                return
            former = tuple(dict.fromkeys(reversed(began)))[::-1]
            there = Placed("blue", self.release(began[-1]), "production", 0.0)
            self._move((replace(self.state, production=there, former=former), ()))

    def roll_back(self, version: str, reason: str, share: float) -> None:
        """Bar a version, with its reason for the ledger; once, and never what is in production."""
        with self._lock:
            if self.barred(version) or version == self.production:
                return
            other = Placed("green", self.release(version), "canary", self._clock(), share=share)
            used = self.words(version)
            there, (said,) = transitions.rolled_back(self.state, other, "rolled back", reason, self._clock())
            self._move((there, (replace(said, force=used[-1] if used else ""),)))

    def promote(self, version: str, reason: str) -> None:
        """Have a version in production: where it was there before and git names it, that is a revert.

        One that is barred is not: a new cluster starts whatever git names, and the ledger would lift the bar for all.
        """
        with self._lock:
            if version == self.production:
                return
            if block := self.barred(version):
                return self._log.wrong("production", f"{version} runs here, and was rolled back: {block.why}")
            self._log.right("production")
            wanted, state = self.state.wanted_production, self.state
            new = Placed("green", self.release(version), "releasing", self._clock())
            back = wanted is not None and wanted.version == version and version in state.former
            if back and state.production and blocklist.block_of(state, version) is None:
                return self._move(transitions.reverted(state, new, self._clock()))
            why = reason if state.production else machine.FIRST
            self._move(transitions.promoted(state, new, "promoted", why, self._clock()))

    def note(self, event: str, version: str, reason: str = "", *, share: float = 0.0, force: str = "") -> None:
        """An event that changes nothing here, for the ledger: started, canary, paused or resumed."""
        with self._lock:
            said = transitions.record(self.state, self.release(version), event, reason, share=share)
            self._move((self.state, (replace(said, force=force),)))

    def end(self, abort: str) -> None:
        """Remember an abort of a Rollout, so that it is looked at once."""
        with self._lock:
            self._keep(replace(self.kept, ended=abort))

    def strike_off(self, sent: tuple[str, ...]) -> None:
        """Forget the events that are in the ledger."""
        with self._lock:
            self._keep(replace(self.kept, outbox=tuple(each for each in self.kept.outbox if each["id"] not in sent)))

    def _move(self, moved: Moved) -> None:
        there, said = moved
        there = replace(there, other=None)  # what leaves is the Rollout's
        outbox = (*self.kept.outbox, *map(self._entry, said))
        self._keep(replace(self.kept, state=there, outbox=outbox))
        for each in said:
            self._log.say(f"{each.event}: {each.version}{f' ({each.reason})' if each.reason else ''}")

    def _entry(self, record: Record) -> dict[str, Any]:
        return {**sync.entry(record, self._clock()), "host": self._name}

    def _keep(self, kept: Kept) -> None:
        """In mind at once, also where the disk is full: it is a version that must not come back."""
        if kept == self.kept:
            return
        self.kept = kept
        said = {"format": FORMAT, **asdict(replace(kept, state=State())), "state": state.state_to(kept.state)}
        try:
            write(self._path, json.dumps(said))
            self._log.right("memory")
        except JudgeError as error:
            self._log.wrong("memory", str(error))


def _loaded(path: Path, log: Log) -> Kept:
    """What was kept; where it is damaged, the ledger and git say most of it again."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said.pop("format") != FORMAT:
            raise ValueError("another format")
        return Kept(state.state_from(said["state"]), tuple(said["outbox"]), str(said["ended"]))
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.say(
            f"! {path}: cannot be read ({' '.join(str(error).split())[:100]}); what was barred is read of the ledger"
        )
        return Kept()
