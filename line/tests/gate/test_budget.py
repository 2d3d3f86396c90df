"""The budget of a sealed set says what each decision may cost, and when nothing can be seen any more."""

import re
from pathlib import Path

import pytest

from mainline import config
from mainline.errors import Refused
from mainline.gate import budget, levels

DEFAULT = config.Gate()


@pytest.mark.parametrize(("t", "k"), [(1, 0), (8, 1), (32, 3)])
def test_the_level_is_that_of_the_settings(t: int, k: int) -> None:
    """delta and life of params.yaml are what the levels are made of."""
    assert budget.level(t, k, DEFAULT) == levels.level(t, k)
    strict = config.Gate(delta=0.01, life=64)
    assert budget.level(t, k, strict) == levels.level(t, k, delta=0.01, life=64)


@pytest.mark.parametrize("life", [1, 8, 32])
def test_after_its_life_the_set_is_used_up(life: int) -> None:
    """The last decision is still taken; the next one is refused, with what to do."""
    settings = config.Gate(life=life)
    assert budget.level(life, 0, settings) > 0
    with pytest.raises(Refused, match=f"used up: {life} of {life} decisions; run `mainline gate rotate`"):
        budget.level(life + 1, 0, settings)


@pytest.mark.parametrize(
    ("alpha", "rows", "possible"), [(0.05, 5, True), (0.05, 4, False), (2.0**-20, 20, True), (2.0**-20, 19, False)]
)
def test_too_few_rows_can_never_certify_anything(alpha: float, rows: int, possible: bool) -> None:
    """Where even all rows in favour are no proof, the gate says so whatever the models do."""
    if possible:
        budget.refuse_if_blind(alpha, rows, None, DEFAULT)
    else:
        with pytest.raises(Refused, match=f"{rows} sealed rows can never certify anything at this level"):
            budget.refuse_if_blind(alpha, rows, None, DEFAULT)


@pytest.mark.parametrize("max_mde", [0.02, 0.1])
@pytest.mark.parametrize("off", [-0.001, 0.001])
def test_a_set_that_sees_large_gains_only_is_blind(max_mde: float, off: float) -> None:
    """The refusal begins exactly where the detectable gain exceeds gate.max_mde."""
    alpha, rows = 1e-4, 1000
    at = max_mde + off
    spread = (at / levels.detectable_effect(alpha, 1.0, rows)) ** 2
    settings = config.Gate(max_mde=max_mde)
    if off < 0:
        budget.refuse_if_blind(alpha, rows, spread, settings)
    else:
        with pytest.raises(Refused, match=rf"gains above {at:.3f} only, over gate.max_mde \({max_mde:g}\)"):
            budget.refuse_if_blind(alpha, rows, spread, settings)


@pytest.mark.parametrize(
    ("rows", "t", "settings", "helps", "not_"),
    [
        (285, 1, DEFAULT, ("gate.life to 8", "gate.max_mde to 0.11", "(332 sealed rows would do)"), ("rotate",)),
        (200, 2, config.Gate(life=8), ("gate.max_mde to 0.13",), ("rotate", "gate.life")),
        (340, 20, DEFAULT, ("rotate", "gate.max_mde to 0.12"), ("gate.life",)),
        (60, 1, config.Gate(life=4), ("gate.max_mde to 0.2",), ("rotate", "gate.life")),
    ],
)
def test_a_refusal_names_what_helps_and_nothing_else(
    rows: int, t: int, settings: config.Gate, helps: tuple[str, ...], not_: tuple[str, ...]
) -> None:
    """A key, with the value that would do; a rotation only where a new set of that size would see enough."""
    with pytest.raises(Refused) as refused:
        budget.refuse_if_blind(budget.level(t, 0, settings), rows, 0.23, settings, used=t - 1)
    said = str(refused.value)
    assert [each for each in helps if each not in said] == []
    assert [each for each in not_ if each in said] == []
    assert "bring more data" in said


@pytest.mark.parametrize(("used", "advised"), [(0, True), (1, False)])
def test_another_life_is_advised_only_while_it_may_change(used: int, advised: bool) -> None:
    """From a set's first decision on its life stays as it is."""
    assert any("set gate.life" in line for line in budget.warnings(300, used, DEFAULT)) is advised
    with pytest.raises(Refused) as refused:
        budget.refuse_if_blind(0.001, 5, None, DEFAULT, used=used)
    assert ("lower gate.life" in str(refused.value)) is advised


@pytest.mark.parametrize(("rows", "life"), [(0, 4), (99, 4), (100, 8), (499, 8), (500, 32), (100_000, 32)])
def test_fewer_rows_are_good_for_fewer_decisions(rows: int, life: int) -> None:
    """A set with the life that suits its rows is not warned of it."""
    assert budget.life_for(rows) == life
    assert not any("set gate.life" in line for line in budget.warnings(rows, 0, config.Gate(life=life)))
    assert any("set gate.life" in line for line in budget.warnings(rows, 0, config.Gate(life=life + 1))) is (rows < 500)


@pytest.mark.parametrize("spread", [None, 0.0])
def test_a_spread_that_is_unknown_or_nothing_blinds_nobody(spread: float | None) -> None:
    """Metrics without one, and models that agree on all dev rows, are decided."""
    budget.refuse_if_blind(1e-4, 50, spread, DEFAULT)


@pytest.mark.parametrize(
    ("rows", "life", "warned"), [(499, 32, True), (500, 32, False), (499, 8, False), (499, 9, True)]
)
def test_few_rows_and_a_long_life_are_warned_of(rows: int, life: int, warned: bool) -> None:
    """Under 500 rows a life of eight is advised."""
    said = budget.warnings(rows, 0, config.Gate(life=life))
    assert any("set gate.life to 8 or less" in line for line in said) is warned


@pytest.mark.parametrize(("used", "needed"), [(0, 10), (1, 11), (31, 13)])
def test_a_pass_that_takes_a_tenth_of_the_rows_is_warned_of(used: int, needed: int) -> None:
    """At the level of the next decision: with ten times the discordant rows it needs there is no warning."""
    assert levels.rows_discordant_needed(levels.level(used + 1, 0)) == needed
    few = budget.warnings(10 * needed - 1, used, DEFAULT)
    assert any(f"a pass takes {needed} or more sealed rows" in line for line in few)
    assert not any("a pass takes" in line for line in budget.warnings(10 * needed, used, DEFAULT))


@pytest.mark.parametrize(
    ("used", "life", "warned"), [(23, 32, False), (24, 32, True), (32, 32, True), (5, 8, False), (6, 8, True)]
)
def test_the_last_quarter_is_announced(used: int, life: int, warned: bool) -> None:
    """From three quarters on, what is left is said at every decision."""
    said = [line for line in budget.warnings(10_000, used, config.Gate(life=life)) if "decisions are left" in line]
    assert bool(said) is warned
    if warned:
        assert said[0].startswith(f"{life - used} of {life} ")


def test_a_large_young_set_is_not_warned_of() -> None:
    """Nothing is said where nothing is wrong; a set that is used up has no next decision to warn of."""
    assert budget.warnings(10_000, 0, DEFAULT) == []
    assert len(budget.warnings(10_000, 32, DEFAULT)) == 1


def test_the_guides_table_is_that_of_the_code() -> None:
    """For each size of a table: the sealed rows, the life they are given, and what its first decision certifies."""
    guide = (Path(__file__).parents[3] / "docs/how-the-gate-decides.md").read_text()
    lines = re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| (\d+) \| ([\d.]+)[^|]* \| ([\d.]+) \|$", guide, re.MULTILINE)
    assert len(lines) == 6
    for line in lines:
        table, rows, life, *points = (float(cell.replace(",", "")) for cell in line)
        assert (round(0.35 * table), budget.life_for(int(rows))) == (rows, life)
        for each, said in zip((int(life), 32), points, strict=True):
            assert round(100 * levels.detectable_effect(levels.level(1, 0, life=each), 0.1 * 0.9, int(rows)), 1) == said
