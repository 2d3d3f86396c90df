"""The host's state machine: (state, event) -> (state, actions), and nothing else; it knows no clock, file or process.

All actions but records are standing orders that follow from the state alone (`orders`): carried out again after a
crash, they change nothing that was done already. A state is kept before its orders are carried out.

    starting -> warming -> canary -> passed -> releasing, step by step -> production -> leaving -> gone
                           may be paused, which a person ends
                 at any of these:  rolled back, failed, withdrawn -> leaving -> gone
"""

from collections.abc import Callable
from dataclasses import replace

from mainline.host import blocklist, deaths, transitions
from mainline.host.model import (
    SERVING,
    SLOTS,
    Action,
    Died,
    Event,
    Failed,
    Gone,
    Judged,
    Phase,
    Placed,
    Ready,
    Release,
    Retire,
    Route,
    Rules,
    Run,
    Slot,
    State,
    Wanted,
    Warm,
)
from mainline.host.transitions import Moved

FIRST = "the first version here: there was nothing to judge it by"


def step(state: State, event: Event, rules: Rules, now: float) -> tuple[State, tuple[Action, ...]]:
    """Let something have happened.

    Args:
        now: seconds since 1970; it is only written down.

    Returns:
        The state to keep, then what to do: records, and all standing orders of that state.
    """
    happened, said = _happened(state, event, rules, now)
    settled, more = _settled(happened, rules, now)
    return settled, (*said, *more, *orders(settled))


def orders(state: State) -> tuple[Action, ...]:
    """What must be so in this state, in the order to see to it: production first, the route before anything leaves."""
    production, other = state.production, state.other
    found: list[Action] = []
    if production:
        found.append(Run(production.slot, production.release))
    if other and other.phase != "leaving":
        found.append(Run(other.slot, other.release))
    if production and other and other.phase in SERVING:
        found.append(Route(production.slot, other.slot, other.gets, other.shadow))
    elif production:
        found.append(Route(production.slot, None, 0.0, False))
    if other and other.phase == "leaving":
        found.append(Retire(other.slot))
    return tuple(found)


def wanted(state: State) -> Release | None:
    """The release that should stand beside production now, or take its empty place."""
    current = state.production.release.version if state.production else None
    for release in (state.wanted_production, state.wanted_canary):
        if release and release.version != current and blocklist.allowed(state, release):
            return release
    return None


def _happened(state: State, event: Event, rules: Rules, now: float) -> Moved:
    match event:
        case Wanted(canary, production, barred):
            asked = replace(blocklist.told(state, barred), wanted_canary=canary, wanted_production=production)
            return _resumed(replace(asked, barred=blocklist.lifted(asked)), now)
        case Ready(slot):
            return _changed(state, slot, lambda place: _next(place, "starting", "warming", now)), ()
        case Warm(slot):
            return _warm(_changed(state, slot, lambda place: replace(place, up=True)), slot, rules, now)
        case Died():
            return _died(state, event, rules, now)
        case Failed(slot, why):
            return _failed(state, slot, why, now)
        case Judged():
            return _judged(state, event, rules, now)
        case Gone(slot):
            gone = state.other and state.other.slot == slot and state.other.phase == "leaving"
            return (replace(state, other=None) if gone else state), ()


def _settled(state: State, rules: Rules, now: float) -> Moved:
    """Start what is wanted, let go what is not, and release what has passed and is wanted in production."""
    target, other = wanted(state), state.other
    if other is None:
        taken = state.production.slot if state.production else None
        free = next(slot for slot in SLOTS if slot != taken)
        return transitions.begun(state, free, target, now) if target else (state, ())
    if other.phase == "leaving":
        return state, ()
    version, tag = other.release.version, state.wanted_production.version if state.wanted_production else None
    if target is None or target.version != version or (other.phase == "releasing" and tag != version):
        return _unwanted(state, other, tag, now)
    if other.phase not in SERVING or not other.up or tag != version:
        return state, ()
    if _is_revert(state, other.release):
        return transitions.reverted(state, other, now)
    if rules.strategy == "all_at_once":
        return transitions.promoted(state, other, "promoted", "all at once, as canary.strategy says", now)
    if other.phase == "passed" and not other.paused:
        return transitions.onwards(state, other, rules, now, "it is wanted in production")
    return state, ()


def _unwanted(state: State, other: Placed, tag: str | None, now: float) -> Moved:
    """Git no longer asks for the candidate; that production.env went back in the middle of a release says why."""
    if other.phase == "releasing" and tag in state.former:
        return transitions.rolled_back(state, other, "rolled back", f"deploy/production.env went back to {tag}", now)
    return transitions.withdrawn(state, other, now)


def _warm(state: State, slot: Slot, rules: Rules, now: float) -> Moved:
    other = state.other
    if not other or other.slot != slot or other.phase not in ("starting", "warming"):
        return state, ()
    if state.production is None:
        return transitions.promoted(state, other, "promoted", FIRST, now)
    if _is_revert(state, other.release):
        return transitions.reverted(state, other, now)
    return transitions.looked_at(state, other, rules, now)


def _is_revert(state: State, release: Release) -> bool:
    """Whether production.env names a version that was production before; one rolled back since is judged anew."""
    tagged = state.wanted_production is not None and state.wanted_production.version == release.version
    return tagged and release.version in state.former and blocklist.block_of(state, release.version) is None


def _judged(state: State, event: Judged, rules: Rules, now: float) -> Moved:
    other = state.other
    if not other or other.release.version != event.version or other.phase not in SERVING:
        return state, ()
    if event.answer == "rollback":
        return transitions.rolled_back(state, other, "rolled back", event.reason, now)
    if event.answer == "pause" and not other.paused:
        return transitions.paused(state, other, event.reason, now)
    if event.answer in ("hold", "pause") or other.paused or not other.up or other.phase == "passed":
        return state, ()
    if other.phase == "canary":
        return transitions.passed(state, other, event.reason, now)
    return transitions.onwards(state, other, rules, now, event.reason)


def _resumed(state: State, now: float) -> Moved:
    """A paused candidate goes on once a person has written another word to have it."""
    other = state.other
    if not other or not other.paused or other.phase == "leaving":
        return state, ()
    words = blocklist.words_of(state, other.release.version) - set(other.words)
    return transitions.resumed(state, other, sorted(words), now) if words else (state, ())


def _died(state: State, event: Died, rules: Rules, now: float) -> Moved:
    slot = event.slot
    down = deaths.died(_changed(state, slot, lambda place: replace(place, up=False)), slot, event.at)
    down = _changed(down, slot, lambda place: _next(place, "warming", "starting", now))
    other = down.other
    if other and len(other.deaths) >= rules.deaths:
        return _failed(down, slot, f"it died {len(other.deaths)} times: {event.why}", now)
    return down, ()


def _failed(state: State, slot: Slot, why: str, now: float) -> Moved:
    """A candidate is given up; production, and a first version that nothing stands in for, are tried again."""
    other = state.other
    if not other or other.slot != slot or other.phase == "leaving" or state.production is None:
        return state, ()
    return transitions.rolled_back(state, other, "failed", why, now)


def _changed(state: State, slot: Slot, change: Callable[[Placed], Placed]) -> State:
    """Change what stands in a slot."""
    places = (state.production, state.other)
    production, other = (change(place) if place and place.slot == slot else place for place in places)
    return replace(state, production=production, other=other)


def _next(place: Placed, before: Phase, after: Phase, now: float) -> Placed:
    return replace(place, phase=after, since=now) if place.phase == before else place
