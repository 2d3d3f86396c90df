"""How many labels ease.ml/ci (Renggli et al., SysML 2019) asks for: the anchor the gate is measured by."""

import math
from typing import Literal


def labels_needed(
    epsilon: float,
    delta: float,
    *,
    life: int,
    models: Literal[1, 2],
    adaptivity: Literal["none", "full"],
    disagreement: float | None = None,
) -> int:
    """Return the labels with which `life` decisions all stay within +-`epsilon` with probability 1 - `delta`.

    `models` is 1 for a condition on the new model alone, 2 for one on new - old. `adaptivity` is "full" where
    the developers see every verdict. Hoeffding's bound; with `disagreement`, an upper bound on the share of
    rows on which the two models differ, Bennett's (given for two models and full adaptivity; ValueError
    elsewhere).
    """
    if not (epsilon > 0 and 0 < delta < 1 and life >= 1):
        raise ValueError(f"need epsilon > 0, 0 < delta < 1, life >= 1; not {epsilon}, {delta}, {life}")
    if models not in (1, 2) or adaptivity not in ("none", "full"):
        raise ValueError(f'models is 1 or 2, adaptivity "none" or "full"; not {models!r}, {adaptivity!r}')
    histories = math.log(life) if adaptivity == "none" else life * math.log(2)
    if disagreement is None:
        spread = 1 if models == 1 else 4  # a row's new - old spans two units, so four times the rows
        return math.ceil(spread * (math.log(models / delta) + histories) / (2 * epsilon**2))
    if (models, adaptivity) != (2, "full") or not 0 < disagreement <= 1:
        raise ValueError("a disagreement in (0, 1] goes with two models and full adaptivity")
    u = epsilon / disagreement
    return math.ceil((histories + math.log(4 / delta)) / (disagreement * ((1 + u) * math.log1p(u) - u)))
