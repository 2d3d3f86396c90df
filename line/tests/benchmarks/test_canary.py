"""The benchmark of the canary judges with the judge itself, and its peers by their documented rules."""

import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainline.canary.evidence import Evidence, mean_evidence

SOURCE = Path(__file__).parents[2] / "benchmarks" / "rollouts.py"
SPEC = importlib.util.spec_from_file_location("rollouts", SOURCE)
assert SPEC is not None
assert SPEC.loader is not None
rollouts = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(rollouts)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"restarts": False},
        {"direction": "non_inferiority", "ratio": 1.25, "margin": 0.005},
    ],
)
def test_a_crowd_gathers_the_evidence_of_each_canary(chosen: dict[str, Any]) -> None:
    """Three canaries side by side, one of which is forgotten on the way, have what `Evidence` has for each."""
    rng = np.random.default_rng(0)
    crowd, alone = rollouts.Crowd(3, **chosen), [Evidence(**chosen) for _ in range(3)]
    for look in range(140):
        if look == 70:
            crowd.keep(np.array([True, False, True]))
            del alone[1]
        batch = rollouts.binomials(rng, len(alone), (20, 0.1), (50, 0.05))
        logs = crowd.update(batch)
        counts = np.array(batch).T.tolist()
        assert logs == pytest.approx([one.update(*own) for one, own in zip(alone, counts, strict=True)], abs=1e-9)


def test_looks_are_counted_until_the_mean_reaches_twenty() -> None:
    """The first look at which the mean of two signals' evidence is 20 or more, and infinity where it never is."""
    draws = [[(5, 5, 5, 0), (5, 0, 5, 0)], [(5, 0, 5, 0), (5, 0, 5, 0)]]  # one canary fails, the other does not

    def draw(canaries: int, look: int) -> list[Any]:
        here = draws if canaries == 2 else draws[1:]
        return [tuple(np.array([one[signal][cell] for one in here]) for cell in range(4)) for signal in (0, 1)]

    first = [Evidence(), Evidence()]
    needed = 1
    while mean_evidence(one.update(*batch) for one, batch in zip(first, draws[0], strict=True)) < math.log(20):
        needed += 1
    assert rollouts.looks_until([rollouts.Crowd(2), rollouts.Crowd(2)], draw, 30).tolist() == [needed, math.inf]


@pytest.mark.parametrize(
    ("rule", "rate", "quantile", "requests"),
    [
        ("argo", 0.05, 0.5, 1000),
        ("argo", 0.05, 0.9, 1600),
        ("argo", 1.0, 0.5, 400),
        ("flagger", 0.05, 0.5, 500),
        ("flagger", 0.01, 0.5, 1800),
        ("flagger", 1.0, 0.9, 500),
    ],
)
def test_thresholds_count_failed_windows(rule: str, rate: float, quantile: float, requests: float) -> None:
    """Argo's fourth and Flagger's fifth failed window of 100 requests ends the rollout."""
    assert getattr(rollouts, rule)(rate).requests(quantile) == requests


@pytest.mark.parametrize(("rule", "least", "failures"), [("argo", 0.95, 4), ("flagger", 0.99, 5)])
def test_thresholds_fire_as_often_as_in_a_simulation(rule: str, least: float, failures: int) -> None:
    """The exact chance of a rollback within 40 windows is that of windows drawn at random."""
    success = 1 - np.random.default_rng(1).binomial(100, 0.02, (20_000, 40)) / 100
    fired = ((success < least - 1e-9).sum(axis=1) >= failures).mean()
    assert getattr(rollouts, rule)(0.02).fires(40) == pytest.approx(fired, abs=0.01)


def test_kayenta_says_high_for_what_is_higher_and_for_nothing_else() -> None:
    """Ten windows of a plain difference suffice; equal windows, lower ones and windows of zeros never do."""
    steps = np.arange(20) / 1000
    canary = np.stack([0.5 + steps, 0.1 + steps, 0.05 + steps, 0 * steps])
    champion = np.stack([0.1 + steps, 0.1 + steps, 0.1 + steps, 0 * steps])
    assert rollouts.kayenta_until(canary, champion).tolist() == [10, math.inf, math.inf, math.inf]


def test_a_z_test_at_every_look_fires_far_above_its_level() -> None:
    """A single look keeps to 5%; a hundred looks do not."""
    once, often = (rollouts.z_test_fires(np.random.default_rng(2), 0.05, (100, 100), looks, 4000) for looks in (1, 100))
    assert once == pytest.approx(0.05, abs=0.02)
    assert often > 0.2


def test_latencies_change_as_their_name_says() -> None:
    """x1.5 moves every quantile by half; the tail doubles the slowest 20th and leaves the others."""
    plain, longer, tail = (
        np.sort(rollouts.latencies(np.random.default_rng(3), (10_000,), change))
        for change in ("no", "all x1.5", "tail x2")
    )
    assert longer == pytest.approx(1.5 * plain)
    assert (tail[:9400] == plain[:9400]).all()
    assert tail[9600:] == pytest.approx(2 * plain[9600:])


def test_slow_requests_are_counted_against_the_champions_own_quantiles() -> None:
    """Half, a 20th and a 100th of the champion's requests are slow; of an unchanged canary fewer, for its slack."""
    batches = rollouts.slow(np.random.default_rng(4), "no", 50_000)(1, 0)
    assert [batch[3][0] / 50_000 for batch in batches] == pytest.approx([0.5, 0.05, 0.01], rel=0.1)
    assert all(batch[1][0] < batch[3][0] for batch in batches)
