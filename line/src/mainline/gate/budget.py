"""What is left of a sealed test set: the level of the next decision, and what it can still see."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mainline import config
from mainline.errors import Refused
from mainline.gate import levels

LIVES = ((500, 32), (100, 8), (0, 4))
"""How many decisions so many sealed rows are good for: the fewer, the less each must be surer than the usual 5%."""


def life_for(rows: int) -> int:
    """The gate.life that suits a sealed set of so many rows."""
    return next(life for least, life in LIVES if rows >= least)


def level(t: int, k: int, settings: config.Gate) -> float:
    """The level of decision `t` after `k` passes.

    Raises:
        Refused: the test set's life is over.
    """
    refuse_if_over(t, settings)
    return levels.level(t, k, delta=settings.delta, life=settings.life)


def level_beyond(t: int, settings: config.Gate) -> float:
    """The level at which a set is left for new rows after its life: each half of the last, in all one more delta."""
    return settings.delta * 2.0 ** (settings.life - t)


def refuse_if_over(t: int, settings: config.Gate) -> None:
    """Refuse decision `t` where the test set's life is over.

    Raises:
        Refused: with what to do.
    """
    if t > settings.life:
        raise Refused(
            f"the sealed test set is used up: {settings.life} of {settings.life} decisions; run `mainline gate rotate`"
        )


def refuse_new_terms(
    earlier: Sequence[Mapping[str, Any]], settings: config.Gate, main: config.Gate | None = None
) -> None:
    """Refuse other terms than those a sealed set was begun with: only under one set of them do its levels add up.

    Args:
        earlier: the decisions that this sealed set was used for.
        main: the terms it is about to be begun with.

    Raises:
        Refused: gate.delta or gate.life has changed since.
    """
    if main and not earlier and (settings.delta, settings.life) != (main.delta, main.life):
        raise Refused(
            f"gate.delta and gate.life are {settings.delta:g} and {settings.life} here, {main.delta:g} and {main.life} "
            "on main; with the first decision they stay as they are, so merge that change by itself before it"
        )
    for name, value in (("delta", settings.delta), ("life", settings.life)):
        if earlier and earlier[0][name] != value:
            raise Refused(
                f"gate.{name} is {value:g}, and the sealed test set was begun with {earlier[0][name]:g}; its promise "
                "holds for one value only: set it back, or change it together with `mainline gate rotate`"
            )


def refuse_if_blind(alpha: float, rows: int, spread: float | None, settings: config.Gate, *, used: int = 0) -> None:
    """Refuse where the rows can no longer show a gain of gate.max_mde.

    Args:
        spread: the variance of the gains over the DEV rows, as a share of the largest possible; None where unknown.
        used: the decisions taken so far; from the first on, gate.life stays as it is.

    Raises:
        Refused: with what to do.
    """
    if 2.0**-rows > alpha:
        shorter = "" if used else ", or lower gate.life"
        raise Refused(f"{rows} sealed rows can never certify anything at this level; bring more data{shorter}")
    smallest = beyond(alpha, rows, spread, settings)
    if spread is not None and smallest is not None:
        raise Refused(
            f"with {rows} sealed rows the gate can now see gains above {smallest:.3f} only, over gate.max_mde "
            f"({settings.max_mde:g}); {_ways_out(smallest, rows, min(spread, 1.0), settings, used)}"
        )


def beyond(alpha: float, rows: int, spread: float | None, settings: config.Gate) -> float | None:
    """The gain that rows can just see, as a share of the largest loss, where it is above gate.max_mde; else None."""
    if spread is None:
        return None
    smallest = levels.detectable_effect(alpha, min(spread, 1.0), rows)
    return smallest if smallest > settings.max_mde else None


def enough(rows: int, smallest: float, settings: config.Gate) -> int:
    """How many rows would see gate.max_mde, where so many see a gain."""
    return math.ceil(rows * (smallest / settings.max_mde) ** 2)


def _ways_out(smallest: float, rows: int, spread: float, settings: config.Gate, used: int) -> str:
    """What helps: only what does."""
    ways = [f"bring more data ({enough(rows, smallest, settings):,} sealed rows would do)"]
    shorter = life_for(rows)

    def sees(life: int) -> bool:
        fresh = levels.level(1, 0, delta=settings.delta, life=life)
        return levels.detectable_effect(fresh, spread, rows) <= settings.max_mde

    if not used and shorter < settings.life and sees(shorter):
        ways.append(f"set gate.life to {shorter}")
    if used and sees(settings.life):
        ways.append("run `mainline gate rotate`")
    accepted = math.ceil(100 * smallest) / 100
    return ", or ".join([*ways, f"set gate.max_mde to {accepted:g}, to be judged on what can be seen"])


def warnings(rows: int, used: int, settings: config.Gate) -> list[str]:
    """What a person should know before the first failure rather than after it."""
    said = []
    # from the first decision on it stays as it is
    if not used and rows < LIVES[0][0] and settings.life > life_for(rows):
        said.append(f"{rows} sealed rows are few: set gate.life to {life_for(rows)} or less, or bring more data")
    if used < settings.life:
        alpha = levels.level(used + 1, 0, delta=settings.delta, life=settings.life)
        needed = levels.rows_discordant_needed(alpha)
        if needed > 0.1 * rows:
            said.append(
                f"a pass takes {needed} or more sealed rows on which the models differ, of {rows}: few pairs do"
            )
    left = settings.life - used
    if left <= settings.life // 4:
        said.append(
            f"{left} of {settings.life} decisions are left of the sealed test set; plan for `mainline gate rotate`"
        )
    return said
