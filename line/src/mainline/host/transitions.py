"""The transitions of the host's state machine, each with the record it leaves: pure."""

from dataclasses import replace

from mainline.host import blocklist
from mainline.host.model import Placed, Record, Release, Rules, Slot, State

Moved = tuple[State, tuple[Record, ...]]


def begun(state: State, slot: Slot, release: Release, now: float) -> Moved:
    """A candidate gets the free slot."""
    started = replace(state, other=Placed(slot, release, "starting", now), barred=blocklist.used(state, release))
    return started, (replace(record(started, release, "started"), force=release.force),)


def looked_at(state: State, other: Placed, rules: Rules, now: float) -> Moved:
    """A warm candidate gets its first share, or copies of the requests, or waits to be switched to."""
    if rules.strategy == "all_at_once":
        return replace(state, other=replace(other, phase="passed", since=now)), ()
    shadow = rules.strategy == "shadow"
    share = 0.0 if shadow else _entry(state, other.release, rules)
    there = replace(state, other=replace(other, phase="canary", since=now, share=share, shadow=shadow))
    return there, (record(there, other.release, "canary", "copies of requests" if shadow else ""),)


def passed(state: State, other: Placed, reason: str, now: float) -> Moved:
    """The judge lets a candidate pass."""
    there = replace(state, other=replace(other, phase="passed", since=now, judged=True))
    return there, (record(there, other.release, "passed", reason),)


def onwards(state: State, other: Placed, rules: Rules, now: float, reason: str) -> Moved:
    """The next larger share, or, after the last, production."""
    larger = [share for share in _steps(rules) if share > other.share]
    if not larger:
        return promoted(state, other, "promoted", reason, now)
    there = replace(state, other=replace(other, phase="releasing", since=now, share=larger[0], shadow=False))
    return there, (record(there, other.release, "releasing", reason),)


def promoted(state: State, new: Placed, event: str, reason: str, now: float) -> Moved:
    """The candidate becomes production, and production leaves."""
    version = new.release.version
    there = replace(
        state,
        production=replace(new, phase="production", since=now, share=0.0, shadow=False, deaths=()),
        other=_leaving(state.production, now) if state.production else None,
        former=(*(each for each in state.former if each != version), version),
        barred=blocklist.without(state, version),
    )
    return there, (record(there, new.release, event, reason, share=1.0),)


def reverted(state: State, other: Placed, now: float) -> Moved:
    """Production goes back at once; the version it leaves counts as rolled back, by a person."""
    left = state.production.release if state.production else other.release
    why = f"deploy/production.env went back from {left.version} to {other.release.version}"
    there, said = promoted(state, other, "reverted", why, now)
    there = replace(there, barred=blocklist.block(there, left, why))
    return there, (*said, record(there, left, "rolled back", why, share=0.0))


def rolled_back(state: State, other: Placed, event: str, reason: str, now: float) -> Moved:
    """The candidate gets nothing any more, leaves, and is not to come back."""
    there = replace(state, other=_leaving(other, now), barred=blocklist.block(state, other.release, reason))
    return there, (record(there, other.release, event, reason, share=other.share),)


def paused(state: State, other: Placed, reason: str, now: float) -> Moved:
    """The candidate gets nothing until a person decides; it runs on, and nothing is held against it."""
    words = tuple(sorted(blocklist.words_of(state, other.release.version)))
    there = replace(state, other=replace(other, since=now, paused=reason, words=words))
    return there, (record(there, other.release, "paused", reason, share=0.0),)


def resumed(state: State, other: Placed, words: list[str], now: float) -> Moved:
    """A person lets it go on where it was."""
    there = replace(state, other=replace(other, since=now, paused="", words=(*other.words, *words)))
    said = record(there, other.release, "resumed", "a person lets it go on")
    return there, (replace(said, force=words[-1]),)


def withdrawn(state: State, other: Placed, now: float) -> Moved:
    """The candidate leaves; nothing is held against it."""
    there = replace(state, other=_leaving(other, now))
    return there, (record(there, other.release, "withdrawn", "git no longer asks for it", share=other.share),)


def record(state: State, release: Release, event: str, reason: str = "", share: float | None = None) -> Record:
    """What the ledger is to know of a transition that led to a state."""
    share = share if share is not None else state.other.share if state.other else 0.0
    production = state.production.release.version if state.production else None
    return Record(event, release.version, release.commit, share, reason, production)


def _steps(rules: Rules) -> tuple[float, ...]:
    if rules.strategy == "all_at_once":
        return ()
    return (1.0,) if rules.strategy == "blue_green" else rules.steps


def _entry(state: State, release: Release, rules: Rules) -> float:
    """The first share: a canary's own, or, of a release that was no canary, its first step."""
    if state.wanted_canary and state.wanted_canary.version == release.version:
        return rules.share
    return rules.steps[0]


def _leaving(place: Placed, now: float) -> Placed:
    return replace(place, phase="leaving", since=now, share=0.0, shadow=False)
