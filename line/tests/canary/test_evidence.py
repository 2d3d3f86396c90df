"""Evidence follows the design to the letter, refuses what cannot be, and survives a restart to the last bit."""

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import binom

from mainline.canary.evidence import KEYS, Evidence, mean_evidence, split_mismatch

Batch = tuple[int, int, int, int]
BAR = math.log(20)
PSI = (1.1, 1.3, 1.6, 2, 3, 5, 10, 40)
SETTINGS: list[dict[str, Any]] = [
    {},
    {"restarts": False},
    {"ratio": 1.25, "margin": 0.005},
    {"direction": "non_inferiority", "ratio": 1.25, "margin": 0.005},
    {"direction": "non_inferiority", "margin": 0.02, "restarts": False},
]


@st.composite
def a_batch(draw: st.DrawFn, most: int = 60) -> Batch:
    """A batch of possible counts, empty sides included."""
    canary, champion = draw(st.integers(0, most)), draw(st.integers(0, most))
    return canary, draw(st.integers(0, canary)), champion, draw(st.integers(0, champion))


batches = st.lists(a_batch(), max_size=12)
settings = st.sampled_from(SETTINGS)


def by_the_book(
    history: list[Batch],
    *,
    direction: str = "harm",
    ratio: float = 1.0,
    margin: float = 0.0,
    restarts: bool = True,
) -> float:
    """The design's formulas for log E, a number at a time, in plain wealth instead of logs."""
    wealth = {start: [1.0] * 8 for start in ([0, 1, 2, 4, 8, 16, 32, 64, 128] if restarts else [0])}
    total = bad = number = 0
    for n_c, e_c, n_b, e_b in history:
        if not (n_c and n_b):
            continue
        rho, r = n_c / (n_c + n_b), ratio
        c = (bad + 0.5) / (total + 1) if total else 0.0
        k0 = c * (1 - r) - margin
        v = [(1 - c) / rho + k0, -c / rho + k0, -r * (1 - c) / (1 - rho) + k0, r * c / (1 - rho) + k0]
        if direction == "harm":
            kappas = [0.98 * rho * r * (psi - 1) / (rho * r * psi + 1 - rho) for psi in PSI]
        else:
            v, kappas = [-x for x in v], [0.95 * 2**-j for j in range(8)]
        lmax = 1 / max(-x for x in v)
        for j, kappa in enumerate(kappas):
            cells = zip((e_c, n_c - e_c, e_b, n_b - e_b), v, strict=True)
            factor = math.prod((1 + kappa * lmax * x) ** count for count, x in cells)
            for start in wealth:
                wealth[start][j] *= factor if number >= start else 1.0
        total, bad, number = total + n_c + n_b, bad + e_c + e_b, number + 1
    means = {start: sum(each) / 8 for start, each in wealth.items()}
    if not restarts:
        return math.log(means[0])
    return math.log(means[0] / 2 + sum(mean for start, mean in means.items() if start) / 16)


@given(batches, settings)
def test_evidence_is_that_of_the_design(history: list[Batch], chosen: dict[str, Any]) -> None:
    """After every batch log E is what the design's formulas give."""
    evidence = Evidence(**chosen)
    for number, batch in enumerate(history, start=1):
        assert evidence.update(*batch) == pytest.approx(by_the_book(history[:number], **chosen), abs=1e-9)


def test_restarts_reach_to_the_129th_batch() -> None:
    """The formulas hold through every restart, the last at batch 128."""
    history = [(3, number % 2, 5, number % 3) for number in range(140)]
    evidence = Evidence()
    for number, batch in enumerate(history, start=1):
        assert evidence.update(*batch) == pytest.approx(by_the_book(history[:number]), abs=1e-9)


@pytest.mark.parametrize(
    ("chosen", "batch", "log_e"),
    [
        ({"restarts": False}, (1, 1, 9, 0), math.log(1 + 8.82 * np.mean([(x - 1) / (x + 9) for x in PSI]))),
        ({"restarts": False}, (100, 0, 100, 0), 0.0),
        ({"restarts": False, "direction": "non_inferiority"}, (10, 0, 10, 0), 0.0),
    ],
)
def test_a_first_batch_by_hand(chosen: dict[str, Any], batch: Batch, log_e: float) -> None:
    """With nothing seen before, c is 0: one bad canary request pays 1/rho, good ones on both sides say nothing."""
    assert Evidence(**chosen).update(*batch) == pytest.approx(log_e, abs=1e-12)


@given(batches, settings, st.sampled_from([(0, 0, 7, 3), (7, 7, 0, 0), (0, 0, 0, 0)]), st.integers(0, 12))
def test_a_one_sided_batch_changes_nothing(
    history: list[Batch], chosen: dict[str, Any], empty: Batch, where: int
) -> None:
    """Without a request on either side there is nothing to compare, now or for the batches after it."""
    evidence, other = Evidence(**chosen), Evidence(**chosen)
    for number, batch in enumerate(history):
        if number == where:
            assert other.update(*empty) == other.log_e == evidence.log_e
        assert evidence.update(*batch) == other.update(*batch)


def test_no_traffic_is_no_evidence() -> None:
    """A canary that got no request has log E 0, to promote as to roll back, however long it waits."""
    for direction in ("harm", "non_inferiority"):
        evidence = Evidence(direction=direction, margin=0.005)
        assert [evidence.update(0, 0, 1000, 10) for _ in range(200)] == [0.0] * 200


@given(batches, a_batch(), settings, st.data())
def test_bad_canary_requests_are_harm_and_bad_champion_requests_are_not(
    history: list[Batch], batch: Batch, chosen: dict[str, Any], data: st.DataObject
) -> None:
    """In the last batch more bad canary requests raise harm, more bad champion ones lower it; else mirrored."""
    canary, canary_bad, champion, champion_bad = batch
    sign = 1 if chosen.get("direction", "harm") == "harm" else -1
    more_canary, more_champion = (
        data.draw(st.integers(canary_bad, canary)),
        data.draw(st.integers(champion_bad, champion)),
    )

    def after(*last: int) -> float:
        evidence = Evidence(**chosen)
        for earlier in history:
            evidence.update(*earlier)
        return sign * evidence.update(*last)

    base = after(*batch)
    assert after(canary, more_canary, champion, champion_bad) >= base - 1e-9
    assert after(canary, canary_bad, champion, more_champion) <= base + 1e-9


@given(batches, batches, settings)
def test_a_state_goes_on_as_if_nothing_had_happened(
    before: list[Batch], after: list[Batch], chosen: dict[str, Any]
) -> None:
    """Written as JSON at any point and read back, the evidence continues to the last bit; the state is a copy."""
    evidence = Evidence(**chosen)
    for batch in before:
        evidence.update(*batch)
    state = evidence.state()
    text = json.dumps(state)
    again = Evidence.from_state(json.loads(text))
    assert again.log_e == evidence.log_e
    assert [again.update(*batch) for batch in after] == [evidence.update(*batch) for batch in after]
    assert again.state() == evidence.state()
    assert json.dumps(state) == text


def test_a_bad_canary_is_found_and_a_good_one_let_on() -> None:
    """All canary requests failing crosses 20 within three; equal rates come to certify non-inferiority, not harm."""
    broken = Evidence()
    assert [broken.update(1, 1, 9, 0) >= BAR for _ in range(3)] == [False, False, True]
    harm, fine = Evidence(), Evidence(direction="non_inferiority", ratio=1.25, margin=0.005)
    for _ in range(100):
        harm.update(100, 1, 100, 1)
        fine.update(100, 1, 100, 1)
    assert fine.log_e > BAR
    assert harm.log_e < 0


def test_a_late_fault_is_seen_sooner_with_restarts() -> None:
    """After 128 healthy batches the bets that begin anew need fewer than half of the batches the first ones need."""

    def batches_needed(*, restarts: bool) -> int:
        evidence = Evidence(restarts=restarts)
        for _ in range(128):
            evidence.update(100, 1, 900, 9)
        needed = 1
        while evidence.update(100, 3, 900, 9) < BAR:
            needed += 1
        return needed

    assert batches_needed(restarts=True) < 0.5 * batches_needed(restarts=False)


@pytest.mark.parametrize("chosen", SETTINGS)
@pytest.mark.parametrize("rates", [(0, 0), (10**9, 10**9), (10**9, 0), (0, 10**9), (10**6, 10**6)])
def test_a_thousand_million_requests_stay_finite(chosen: dict[str, Any], rates: tuple[int, int]) -> None:
    """Counts of 10^9 with rates 0 and 1 give finite evidence, and a tiny side does too."""
    evidence = Evidence(**chosen)
    for _ in range(3):
        assert math.isfinite(evidence.update(10**9, rates[0], 10**9, rates[1]))
    assert math.isfinite(evidence.update(1, 1, 10**9, 10**9))
    assert math.isfinite(evidence.update(10**9, 0, 1, 0))


def test_whole_floats_are_counts() -> None:
    """Counters of Prometheus are floats: 3.0 counts as 3, and so do numpy's numbers."""
    assert Evidence().update(3.0, 1.0, 5.0, 0.0) == Evidence().update(np.int64(3), 1, np.float64(5), 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((-1, 0, 5, 0), "canary total must be between 0"),
        ((5, -1, 5, 0), "canary bad must be between 0"),
        ((5, 0, 5, -2), "champion bad must be between 0"),
        ((5, 6, 5, 0), "canary bad must not exceed the total of 5, not 6"),
        ((5, 0, 5, 6), "champion bad must not exceed"),
        ((0, 1, 5, 0), "canary bad must not exceed"),
        ((math.nan, 0, 5, 0), "canary total must be a whole number, not nan"),
        ((math.inf, 0, 5, 0), "canary total must be a whole number"),
        ((5, 0, 5.5, 0), "champion total must be a whole number, not 5.5"),
        (("5", 0, 5, 0), "canary total must be a whole number"),
        ((5, None, 5, 0), "canary bad must be a whole number"),
        ((5, True, 5, 0), "canary bad must be a whole number"),
        ((10**400, 0, 5, 0), "canary total must be between 0 and"),
    ],
)
def test_impossible_counts_are_refused_and_leave_no_trace(counts: Any, said: str) -> None:
    """Each is one line that names the count, and the evidence is as before."""
    evidence = Evidence()
    evidence.update(10, 2, 10, 1)
    before = evidence.state()
    with pytest.raises(ValueError, match=said) as caught:
        evidence.update(*counts)
    assert "\n" not in str(caught.value)
    assert evidence.state() == before


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"direction": "good"}, "direction must be one of harm, non_inferiority; not 'good'"),
        ({"direction": None}, "direction"),
        ({"ratio": 0.0}, "ratio must be above 0"),
        ({"ratio": -1}, "ratio must be above 0"),
        ({"ratio": 1001}, "ratio must be above 0"),
        ({"ratio": math.nan}, "ratio must be a finite number"),
        ({"ratio": 10**400}, "ratio must be a finite number"),
        ({"ratio": "1"}, "ratio must be a finite number"),
        ({"margin": -0.01}, "margin must be at least 0"),
        ({"margin": 1}, "margin must be at least 0 and below 1"),
        ({"margin": math.inf}, "margin must be a finite number"),
        ({"restarts": 1}, "restarts must be true or false"),
    ],
)
def test_impossible_questions_are_refused(chosen: dict[str, Any], said: str) -> None:
    """A direction, ratio or margin that means nothing is an error that names it."""
    with pytest.raises(ValueError, match=said):
        Evidence(**chosen)


def changed(**change: Any) -> dict[str, Any]:
    """The state after two batches, with some of it changed."""
    evidence = Evidence()
    evidence.update(10, 2, 10, 1)
    evidence.update(10, 0, 10, 1)
    return {**evidence.state(), **change}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (None, "has the keys"),
        ({}, "has the keys format, direction"),
        (changed(extra=1), "has the keys"),
        ({key: value for key, value in changed().items() if key != "logs"}, "has the keys"),
        (changed(format=3), "another version wrote this state"),
        (changed(direction="up"), "direction must be"),
        (changed(restarts=False), "logs must have 1 rows, not 9"),
        (changed(batches=-1), "batches must be between"),
        (changed(batches=21), "21 batches cannot hold 40 requests"),
        (changed(batches=0), "0 batches cannot hold 40 requests"),
        (changed(total=math.nan), "total must be a whole number"),
        (changed(bad=41), "bad must not exceed the total of 40"),
        (changed(logs=[]), "logs must have 9 rows"),
        (changed(logs="x"), "logs must be a list"),
        (changed(logs=[[0.0] * 7] * 9), "logs must be a list of lists of 8"),
        (changed(logs=[[math.nan] * 8] * 9), "logs must be a finite number"),
        (changed(logs=[["0"] * 8] * 9), "logs must be a finite number"),
        (changed(logs=[[1.0] * 8] * 9), "begin after 2 batches must be 0"),
        (changed(logs=[[1.0] * 8] * 3 + [[0.0] * 8] * 6), "begin after 2 batches must be 0"),
    ],
)
def test_a_state_that_cannot_be_is_refused(state: Any, said: str) -> None:
    """A state that was cut, edited, or written by another version is an error, never wrong evidence."""
    with pytest.raises(ValueError, match=said):
        Evidence.from_state(state)


def test_the_state_holds_what_the_documentation_lists() -> None:
    """The keys, and nothing but JSON's own types."""
    assert tuple(changed()) == KEYS
    assert json.loads(json.dumps(changed())) == changed()


# --- the split ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("requests", [0, 1, 17, 400])
def test_a_right_split_is_a_fair_game(share: float, requests: int) -> None:
    """Over all ways in which that many requests may fall, E has the mean 1 exactly: never less, never more."""
    logs = [binom.logpmf(n, requests, share) + split_mismatch(n, requests - n, share) for n in range(requests + 1)]
    assert logsumexp(logs) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("canary", "champion", "share"), [(1, 0, 0.5), (0, 1, 0.1), (3, 40, 0.1), (30, 30, 0.25)])
def test_split_evidence_is_a_product_of_bets(canary: int, champion: int, share: float) -> None:
    """In fractions: each request is bet on at the share seen so far, as if 100 right ones had come before."""
    rho = Fraction(share).limit_denominator(100)
    wealth, counts = Fraction(1), [100 * rho, 100 * (1 - rho)]
    for side in [0] * canary + [1] * champion:
        wealth *= counts[side] / sum(counts) / (rho if side == 0 else 1 - rho)
        counts[side] += 1
    assert split_mismatch(canary, champion, share) == pytest.approx(math.log(wealth), abs=1e-10)


def test_a_wrong_split_is_found_and_a_right_one_is_not() -> None:
    """Half of what was asked for is soon seen, in either direction; what was asked for never is."""
    assert split_mismatch(50, 950, 0.1) > BAR
    assert split_mismatch(200, 800, 0.1) > BAR
    assert split_mismatch(100, 900, 0.1) < 0
    assert split_mismatch(10**8, 9 * 10**8, 0.1) < 0
    assert split_mismatch(0, 0, 0.1) == 0


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0.01, 0.99))
def test_the_sides_of_a_split_are_alike(canary: int, champion: int, share: float) -> None:
    """Exchanging the sides and their shares changes nothing."""
    there, back = split_mismatch(canary, champion, share), split_mismatch(champion, canary, 1 - share)
    assert there == pytest.approx(back, rel=1e-9, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((-1, 5, 0.5), "canary total"),
        ((5, 1.5, 0.5), "champion total"),
        ((5, 5, 0.0), "share must be strictly"),
        ((5, 5, 1.0), "share must be strictly"),
        ((5, 5, math.nan), "share must be a finite number"),
    ],
)
def test_an_impossible_split_is_refused(arguments: Any, said: str) -> None:
    """At 0% or 100% there is no split to check."""
    with pytest.raises(ValueError, match=said):
        split_mismatch(*arguments)


# --- several signals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logs", "mean"),
    [
        ([3.0], 3.0),
        ([math.log(1), math.log(59)], math.log(30)),
        ([5000.0, -5000.0], 5000 - math.log(2)),
        ([-5000.0, -5000.0], -5000.0),
    ],
)
def test_the_mean_is_of_evidence_not_of_its_logs(logs: list[float], mean: float) -> None:
    """Numbers too large or too small for E itself included."""
    assert mean_evidence(logs) == pytest.approx(mean)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_a_mean_lies_between_and_knows_no_order(logs: list[float]) -> None:
    """Between the least and the greatest, within log n of the greatest, whatever comes first."""
    mean = mean_evidence(logs)
    assert max(min(logs), max(logs) - math.log(len(logs))) - 1e-9 <= mean <= max(logs) + 1e-9
    assert mean == pytest.approx(mean_evidence(reversed(logs)))


@pytest.mark.parametrize("logs", [[], [math.nan], [0.0, math.inf], [0.0, None]])
def test_a_mean_of_nothing_is_refused(logs: Any) -> None:
    """No signal, or one that is no number, is an error: no evidence must never read as some."""
    with pytest.raises(ValueError, match=r"one signal at least|log E must be"):
        mean_evidence(logs)
