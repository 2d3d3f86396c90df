"""What is left of a sealed test set: the level of the next decision, and what it can still see."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainline import config
from mainline.errors import Refused
from mainline.gate import levels

SMALL = 500
SHORT_LIFE = 8


def level(t: int, k: int, settings: config.Gate) -> float:
    """The level of decision `t` after `k` passes.

    Raises:
        Refused: the test set's life is over.
    """
    if t > settings.life:
        raise Refused(
            f"the sealed test set is used up: {settings.life} of {settings.life} decisions; run `mainline gate rotate`"
        )
    return levels.level(t, k, delta=settings.delta, life=settings.life)


def refuse_new_terms(earlier: Sequence[Mapping[str, Any]], settings: config.Gate) -> None:
    """Refuse other terms than those a sealed set was begun with: only under one set of them do its levels add up.

    Args:
        earlier: the decisions that this sealed set was used for.

    Raises:
        Refused: gate.delta or gate.life has changed since.
    """
    for name, value in (("delta", settings.delta), ("life", settings.life)):
        if earlier and earlier[0][name] != value:
            raise Refused(
                f"gate.{name} is {value:g}, and the sealed test set was begun with {earlier[0][name]:g}; its promise "
                "holds for one value only: set it back, or change it together with `mainline gate rotate`"
            )


def refuse_if_blind(alpha: float, rows: int, spread: float | None, settings: config.Gate) -> None:
    """Refuse where the rows can no longer show a gain of gate.max_mde.

    Args:
        spread: the variance of the gains over the DEV rows, as a share of the largest possible; None where unknown.

    Raises:
        Refused: with what to do.
    """
    if 2.0**-rows > alpha:
        raise Refused(
            f"{rows} sealed rows can never certify anything at this level; bring more data, or lower gate.life"
        )
    if spread is None:
        return
    smallest = levels.detectable_effect(alpha, min(spread, 1.0), rows)
    if smallest > settings.max_mde:
        raise Refused(
            f"with {rows} sealed rows the gate can now see gains above {smallest:.3f} only, over gate.max_mde "
            f"({settings.max_mde:g}); bring more data, or run `mainline gate rotate`"
        )


def warnings(rows: int, used: int, settings: config.Gate) -> list[str]:
    """What a person should know before the first failure rather than after it."""
    said = []
    if rows < SMALL and settings.life > SHORT_LIFE:
        said.append(f"{rows} sealed rows are few: set gate.life to {SHORT_LIFE} or less, or bring more data")
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
