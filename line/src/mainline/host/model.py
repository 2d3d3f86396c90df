"""What the host's state machine speaks of: releases, places, states, events and actions, all of them plain data."""

from dataclasses import dataclass
from typing import Literal

Slot = Literal["blue", "green"]
SLOTS: tuple[Slot, Slot] = ("blue", "green")

Phase = Literal["starting", "warming", "canary", "passed", "releasing", "production", "leaving"]
SERVING: tuple[Phase, ...] = ("canary", "passed", "releasing")
"""The phases in which a candidate may get requests, and is judged."""

Answer = Literal["promote", "next", "hold", "pause", "rollback"]


@dataclass(frozen=True)
class Release:
    """One version as deploy/*.env names it; two with the same version are the same."""

    version: str
    commit: str = ""
    data_hash: str = ""
    gate_verdict: str = ""
    image: str = ""
    bento: str = ""
    force: str = ""
    """What a person wrote to have a version again that was rolled back; each such word counts once."""


@dataclass(frozen=True)
class Placed:
    """A release in a slot."""

    slot: Slot
    release: Release
    phase: Phase
    since: float
    """When the phase began, in seconds since 1970."""
    up: bool = False
    """Warm, and not known to have died since."""
    share: float = 0.0
    shadow: bool = False
    """Whether it gets copies of the requests instead of a share of them."""
    judged: bool = False
    """Whether the judge has let it pass."""
    paused: str = ""
    """Why it gets nothing until a person says what is to become of it; empty while it does."""
    words: tuple[str, ...] = ()
    """What people wrote by then to have it again: another word lets it go on."""
    deaths: tuple[float, ...] = ()
    """When it died, on the agent's clock; of production the last time."""

    @property
    def gets(self) -> float:
        """The share of the users that it has now."""
        return 0.0 if self.paused else self.share


@dataclass(frozen=True)
class Block:
    """A version that is not started again: rolled back, or never ready."""

    version: str
    why: str
    words: tuple[str, ...] = ()
    """The force words that are used up."""
    lifted: bool = False
    """A person lets it start once more."""


@dataclass(frozen=True)
class State:
    """A host: what serves, what is to follow it, and what must not come back."""

    production: Placed | None = None
    other: Placed | None = None
    """The candidate, or what leaves."""
    wanted_canary: Release | None = None
    wanted_production: Release | None = None
    former: tuple[str, ...] = ()
    """Every version that ever was production here, oldest first."""
    barred: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Rules:
    """How a candidate comes to production: what params.yaml says under canary:."""

    strategy: Literal["canary", "shadow", "blue_green", "all_at_once"] = "canary"
    share: float = 0.1
    """Of a canary that waits for its release."""
    steps: tuple[float, ...] = (0.1, 0.5, 1.0)
    """Of a release."""
    deaths: int = 5
    """How often a candidate may die within a day."""


@dataclass(frozen=True)
class Wanted:
    """Git says what is to run."""

    canary: Release | None
    production: Release | None
    barred: "tuple[Block, ...]" = ()
    """What the ledger knows of versions that were rolled back, here or on any other host."""


@dataclass(frozen=True)
class Ready:
    """A slot's service answers."""

    slot: Slot


@dataclass(frozen=True)
class Warm:
    """A slot's service has predicted."""

    slot: Slot


@dataclass(frozen=True)
class Died:
    """A slot's service ended by itself, or hung and was ended."""

    slot: Slot
    why: str
    at: float
    """When, on the agent's clock."""


@dataclass(frozen=True)
class Failed:
    """A slot's service did not become ready within its time."""

    slot: Slot
    why: str


@dataclass(frozen=True)
class Judged:
    """The judge has looked at a candidate."""

    version: str
    answer: Answer
    reason: str


@dataclass(frozen=True)
class Gone:
    """Nothing runs in a slot any more."""

    slot: Slot


Event = Wanted | Ready | Warm | Died | Failed | Judged | Gone


@dataclass(frozen=True)
class Run:
    """See to it that a slot runs a release."""

    slot: Slot
    release: Release


@dataclass(frozen=True)
class Route:
    """Who gets what: `share` of the users (0 to 1) go to the canary, or copies of all requests if it shadows."""

    production: Slot
    canary: Slot | None = None
    share: float = 0.0
    shadow: bool = False


@dataclass(frozen=True)
class Retire:
    """See to it that a slot is out of the router, drained, and stopped."""

    slot: Slot


@dataclass(frozen=True)
class Record:
    """Write an event into the ledger; the only action that is no standing order."""

    event: str
    version: str
    commit: str
    share: float
    reason: str
    production: str | None
    """The version in production from now on."""
    force: str = ""
    """What a person wrote to have a version again."""


Action = Run | Route | Retire | Record
