"""The anchor's formulas give the anchor's published table."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "benchmarks" / "easeml.py"
SPEC = importlib.util.spec_from_file_location("easeml", SOURCE)
assert SPEC is not None
assert SPEC.loader is not None
easeml = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(easeml)

COLUMNS = [(1, "none"), (1, "full"), (2, "none"), (2, "full")]
TABLE = {
    (0.01, 0.1): (404, 1340, 1753, 5496),
    (0.01, 0.05): (1615, 5358, 7012, 21984),
    (0.01, 0.025): (6457, 21429, 28045, 87933),
    (0.01, 0.01): (40355, 133930, 175282, 549581),
    (0.001, 0.1): (519, 1455, 2214, 5957),
    (0.001, 0.05): (2075, 5818, 8854, 23826),
    (0.001, 0.025): (8299, 23271, 35414, 95302),
    (0.001, 0.01): (51868, 145443, 221333, 595633),
    (0.0001, 0.1): (634, 1570, 2674, 6417),
    (0.0001, 0.05): (2536, 6279, 10696, 25668),
    (0.0001, 0.025): (10141, 25113, 42782, 102670),
    (0.0001, 0.01): (63381, 156956, 267385, 641684),
}


@pytest.mark.parametrize(("asked", "published"), TABLE.items())
def test_formulas_give_the_published_table(asked: tuple[float, float], published: tuple[int, ...]) -> None:
    """Every cell of ease.ml/ci's table for 32 decisions, to the label."""
    delta, epsilon = asked
    cells = [
        easeml.labels_needed(epsilon, delta, life=32, models=models, adaptivity=adaptivity)
        for models, adaptivity in COLUMNS
    ]
    assert tuple(cells) == published


def test_bennett_needs_fewer_labels_where_models_agree() -> None:
    """With at most 10 % disagreement, +-.01 at .99 takes 58,193 labels; the less they agree, the more."""
    asked: dict[str, Any] = {"life": 32, "models": 2, "adaptivity": "full"}
    assert easeml.labels_needed(0.01, 0.01, **asked, disagreement=0.1) == 58_193
    assert easeml.labels_needed(0.01, 0.01, **asked, disagreement=0.2) > 58_193


@pytest.mark.parametrize(
    "change",
    [
        {"epsilon": 0.0},
        {"delta": 1.0},
        {"life": 0},
        {"models": 3},
        {"adaptivity": "some"},
        {"disagreement": 0.0},
        {"disagreement": 0.1, "models": 1},
        {"disagreement": 0.1, "adaptivity": "none"},
    ],
)
def test_what_the_anchor_does_not_define_is_refused(change: dict[str, Any]) -> None:
    """Arguments out of range, and Bennett's bound where no formula is given, are errors."""
    asked = {"epsilon": 0.05, "delta": 0.01, "life": 32, "models": 2, "adaptivity": "full", **change}
    with pytest.raises(ValueError, match=r"need|models|disagreement"):
        easeml.labels_needed(asked.pop("epsilon"), asked.pop("delta"), **asked)
