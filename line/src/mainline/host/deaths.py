"""Which of a candidate's deaths are its own, and recent enough to count: pure.

Moments are seconds on the agent's clock, which stands still while no agent works.
"""

from dataclasses import replace

from mainline.host.model import Slot, State

WITHIN = 86_400.0
TOGETHER = 60.0  # seconds between a candidate's death and production's, where both died of something else


def died(state: State, slot: Slot, at: float) -> State:
    """The state after what stood in a slot died at a moment.

    What takes production too within a minute, as a reboot does, is nothing that the candidate did.
    """
    production, other = state.production, state.other
    if production and production.slot == slot:
        own = tuple(each for each in other.deaths if abs(at - each) > TOGETHER) if other else ()
        return replace(
            state, production=replace(production, deaths=(at,)), other=replace(other, deaths=own) if other else None
        )
    if other is None or other.slot != slot:
        return state
    recent = tuple(each for each in other.deaths if at - each < WITHIN)
    together = production is not None and any(abs(at - each) <= TOGETHER for each in production.deaths)
    return replace(state, other=replace(other, deaths=recent if together else (*recent, at)))
