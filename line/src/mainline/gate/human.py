"""`gate.baseline: human`: the level that a first model must beat is how right one person is by the others, at least."""

import json
import math

from mainline import config
from mainline.errors import Refused
from mainline.gate import signature
from mainline.project import Project

FIGURES = "metrics/labels.json"
Z = 1.959964  # of 95%


def settled(terms: config.Gate, project: Project) -> config.Gate:
    """The terms, with the figure in place of the word `human`.

    Raises:
        Refused: there is no such figure, or it is none of what the gate goes by.
    """
    if terms.baseline != "human":
        return terms
    metrics = terms.metrics(signature.task(project))
    if metrics != ("accuracy",):
        raise Refused(
            f"gate.baseline: human is a level of accuracy, and the gate goes by {' and '.join(metrics)}; "
            "say dummy or a number"
        )
    return terms.model_copy(update={"baseline": level(project)})


def level(project: Project) -> float:
    """The accuracy of one person by the others, on train and dev rows: the lower end of its interval.

    Raises:
        Refused: no row has votes of two people that say it.
    """
    try:
        said = json.loads((project / FIGURES).read_text(encoding="utf-8"))["human"]
        found = _low(said["accuracy"], said["rows"]) if "rows" in said else said["accuracy"]
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
        found = None
    if not isinstance(found, float) or not 0 <= found <= 1:
        raise Refused(
            f"gate.baseline: human, and {FIGURES} holds no human level: it takes rows that two people have labelled, "
            "each alone: `mainline label --as NAME`; or say dummy or a number"
        )
    return float(found)


def _low(share: float, rows: int) -> float:
    """The lower end of Wilson's 95% interval: below 1 where people agree on all rows, too, which resampling is not."""
    wide = Z * math.sqrt(share * (1 - share) / rows + Z * Z / (4 * rows * rows))
    return round((share + Z * Z / (2 * rows) - wide) / (1 + Z * Z / rows), 6)
