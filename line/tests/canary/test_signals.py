"""Each signal by itself: what it counts, when it speaks, and what it says."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from line.benchmarks.world import EDGES, Behaviour, Side
from mainline import config
from mainline.canary.counts import Counts
from mainline.canary.drift import MOST_ANSWERS, Drift
from mainline.canary.evidence import Evidence
from mainline.canary.latency import Latency
from mainline.canary.pair import Pair
from mainline.canary.rates import Rates
from mainline.canary.signals import watched

INF = math.inf
BAR = math.log(20)


def rates() -> Rates:
    """The signal of failed requests."""
    return Rates("errors", lambda c: (c.requests, c.failed), [Pair(1.25, 0.005) for _ in range(2)])


def timed(**within: int) -> Counts:
    """Answers, by how many took at most so many milliseconds: e10=5."""
    latency = {int(name[1:]) / 1000: count for name, count in within.items() if name != "all"}
    return Counts(requests=within["all"], latency={**latency, INF: within["all"]})


def test_a_rate_is_the_evidence_of_its_counts() -> None:
    """Harm against equality, going on against ratio and margin; nothing else goes in."""
    signal, harm = rates(), Evidence()
    shown = Evidence(direction="non_inferiority", ratio=1.25, margin=0.005, restarts=False)
    for batch in ((50, 3, 450, 5), (40, 0, 460, 4), (0, 0, 100, 9)):
        signal.look(Counts(batch[0], batch[1]), Counts(batch[2], batch[3]))
        assert signal.harm == harm.update(*batch)
        assert signal.shown == shown.update(*batch)
    assert signal.words() == "3 of 90 requests of the canary failed, 18 of 1,010 of production's"


def test_a_canary_alone_is_compared_with_what_the_champion_did() -> None:
    """At a share of all, failures still count as harm, and nothing is shown."""
    signal, blind = rates(), rates()
    for each in (signal, blind):
        each.look(Counts(500, 5), Counts(500, 5))
    before = signal.shown
    signal.look(Counts(200, 100), Counts(), alone=True)
    blind.look(Counts(200, 100), Counts())
    assert signal.harm > BAR > blind.harm
    assert signal.shown == before


def test_a_canary_alone_that_is_as_good_is_no_harm() -> None:
    """The bound on the champion's rate is above what the champion did."""
    generator = np.random.default_rng(3)
    for _ in range(20):
        signal = rates()
        signal.look(
            Counts(1000, int(generator.binomial(1000, 0.01))), Counts(1000, int(generator.binomial(1000, 0.01)))
        )
        for _ in range(20):
            signal.look(Counts(200, int(generator.binomial(200, 0.01))), Counts(), alone=True)
            assert signal.harm < BAR


def test_what_is_slow_is_settled_at_bucket_edges() -> None:
    """The quantile's upper edge; from it the next edge above for harm, the same one to go on."""
    signal = Latency(config.Latency(floor_ms=0), 1000)
    signal.start(timed(e8=400, e10=700, e12=940, e15=970, e20=995, all=1000))
    assert signal.state()["edges"] == {
        "p50": ["0.01", "0.012", "0.01"],
        "p95": ["0.015", "0.02", "0.015"],
        "p99": ["0.02", "inf", "0.02"],
    }


def test_an_allowance_as_wide_as_a_bucket_is_that_bucket() -> None:
    """Both ways; edges that are rounded decimals included."""
    edges = {each: 1000 * (each > 0.0003) for each in EDGES.tolist()}
    signal = Latency(config.Latency(floor_ms=0, slower=0.25), 1000)
    signal.start(Counts(latency={**edges, INF: 1000}))
    assert signal.state()["edges"]["p50"] == ["0.000313", "0.000391", "0.000391"]  # 1.249 apart


def test_without_a_baseline_nothing_is_slow() -> None:
    """The champion's answers before it is there are learnt from and not judged; those after are judged."""
    signal = Latency(config.Latency(floor_ms=0), 1000)
    signal.start(timed(e10=600, e20=700, all=700))
    slow, usual = timed(e10=0, e20=0, all=200), timed(e10=140, e20=200, all=200)
    signal.look(slow, usual)
    assert (signal.harm, signal.shown) == (0, 0)
    assert signal.words() == "900 of the 1,000 answers of production that say what slow is"
    signal.look(slow, usual)
    assert signal.harm == 0
    signal.look(slow, usual)
    assert signal.harm > BAR
    assert signal.words() == "200 of 200 answers of the canary took over 20 ms, 60 of 200 of production's over 10 ms"


def test_other_buckets_cannot_be_compared() -> None:
    """A canary that counts time otherwise is neither worse nor shown to be as good."""
    signal = Latency(config.Latency(floor_ms=0), 100)
    signal.start(timed(e10=60, e20=100, all=100))
    signal.look(timed(e11=0, all=500), timed(e10=300, e20=500, all=500))
    assert (signal.harm, signal.shown) == (0, 0)
    assert signal.words() == "the two sides count time in other buckets"


@pytest.mark.parametrize(("slower", "harmed", "goes_on"), [(1.0, 0, True), (1.09, 0, False), (1.6, 20, False)])
def test_latency_keeps_its_promise_both_ways(slower: float, harmed: int, goes_on: bool) -> None:
    """As fast goes on; a tenth slower is neither rolled back nor goes on; half as slow again is rolled back."""
    rolled = shown = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        sides = Side(Behaviour(seconds=0.008 * slower), generator), Side(Behaviour(), generator)
        sides[1].serve(3000)
        signal = Latency(config.Latency(floor_ms=0), 2000)
        signal.start(sides[1].counts())
        for _ in range(12):
            before = [side.counts() for side in sides]
            for side, requests in zip(sides, (150, 1350), strict=True):
                side.serve(requests)
            signal.look(*(side.counts().since(old) for side, old in zip(sides, before, strict=True)))
            rolled += signal.harm >= BAR
            shown += signal.shown >= BAR
            if signal.harm >= BAR:
                break
    assert rolled == harmed
    assert (shown > 10) == goes_on
    assert goes_on or shown <= 1


def drift(rows: bool = True) -> Drift:
    """The signal of predictions, of a champion that answers two things."""
    made = Drift(0.05, lambda c: c.predictions, "predictions", rows=rows)
    made.start(Counts(predictions={"no": 600, "yes": 400}))
    return made


@pytest.mark.parametrize("answers", [{"no": 100, "yes": 300}, {"no": 390, "yes": 10}, {"no": 240, "perhaps": 160}])
def test_another_share_of_any_answer_is_drift(answers: dict[str, int]) -> None:
    """More of it or less, or an answer that the champion does not know."""
    signal = drift()
    signal.look(Counts(400, predictions=answers), Counts(600, predictions={"no": 360, "yes": 240}))
    assert signal.harm > BAR
    assert "400 predictions of the canary" in signal.words()
    if "perhaps" in answers:
        assert "160 of 400 predictions of the canary had answers that production does not know" in signal.words()


def test_the_same_shares_are_no_drift() -> None:
    """Nor are those within the margin."""
    signal = drift()
    for _ in range(20):
        signal.look(Counts(100, predictions={"no": 57, "yes": 43}), Counts(900, predictions={"no": 540, "yes": 360}))
        assert signal.harm < 1


def test_rows_sent_together_count_as_their_request() -> None:
    """A table of 500 rows that are all alike is one observation, and the halves of ones wait for the next look."""
    alike = Counts(2, predictions={"yes": 1000}), Counts(600, predictions={"no": 360, "yes": 240})
    scaled, naive = drift(), drift(rows=False)
    for signal in (scaled, naive):
        signal.look(*alike)
    assert naive.harm > BAR > scaled.harm
    assert scaled.canary[0] == 2
    waiting = drift()
    for _ in range(4):
        waiting.look(Counts(1, predictions={"no": 1, "yes": 1}), alike[1])
    assert waiting.canary[0] == 4


def test_answers_without_number_are_bounded() -> None:
    """The champion's most frequent are told apart, the others count as one."""
    signal = Drift(0.05, lambda c: c.predictions, "predictions", rows=True)
    signal.start(Counts(predictions={f"class {i}": i for i in range(1000)}))
    known = list(signal.state()["evidence"])
    assert len(known) == MOST_ANSWERS + 1
    assert known[0] == "class 999"


@pytest.mark.parametrize("name", ["errors", "refusals", "latency", "labels", "drift"])
def test_each_signal_can_be_off(name: str) -> None:
    """Then it is not watched; labels take their guard along."""
    settings = config.Canary(signals={name: False})
    off = set(watched(config.Canary())) - set(watched(settings))
    assert off == ({name, "joins"} if name == "labels" else {name})


def test_states_go_through_json_to_the_last_bit() -> None:
    """Every signal goes on from its state as if nothing had been."""
    generator = np.random.default_rng(1)
    sides = Side(Behaviour(), generator), Side(Behaviour(), generator)
    sides[1].serve(3000)
    kept, broken = watched(config.Canary()), watched(config.Canary())
    for signal in (*kept.values(), *broken.values()):
        signal.start(sides[1].counts())
    for _ in range(4):
        before = [side.counts() for side in sides]
        for side in sides:
            side.serve(100)
        new = [side.counts().since(old) for side, old in zip(sides, before, strict=True)]
        for name, signal in kept.items():
            signal.look(*new)
            broken[name].look(*new)
            fresh = watched(config.Canary())[name]
            fresh.restore(json.loads(json.dumps(broken[name].state())))
            broken[name] = fresh
            assert fresh.state() == signal.state()
            assert (fresh.harm, fresh.shown, fresh.words()) == (signal.harm, signal.shown, signal.words())


@pytest.mark.parametrize(
    "other",
    [
        {"errors": {"margin": 0.01}},
        {"refusals": {"ratio": 2}},
        {"latency": {"slower": 0.3}},
        {"latency": {"p99": 0.02}},
        {"drift": {"margin": 0.1}},
        {"labels": {"margin": 0.1}},
    ],
)
def test_a_state_of_other_settings_is_refused(other: dict) -> None:
    """Evidence about one margin is none about another."""
    name = next(iter(other))
    before = watched(config.Canary())[name]
    before.start(Counts(predictions={"a": 1}))
    after = watched(config.Canary(signals=other))[name]
    with pytest.raises(ValueError, match="other settings"):
        after.restore(json.loads(json.dumps(before.state())))


def test_refusals_have_room_for_a_caller_who_knows_no_better() -> None:
    """A few more of them on one side are no harm; many are."""
    few, many = (watched(config.Canary())["refusals"] for _ in range(2))
    for _ in range(20):
        few.look(Counts(100, refused=2), Counts(900, refused=4))
        many.look(Counts(100, refused=10), Counts(900, refused=4))
    assert few.harm < BAR < many.harm


def test_replaced_counts_stay_whole() -> None:
    """Adding and subtracting are each other's inverse."""
    one = replace(timed(e10=5, all=9), predictions={"a": 3})
    two = replace(timed(e10=1, all=2), predictions={"b": 1})
    assert one.plus(two).since(two).latency == one.latency


def test_what_nobody_notices_is_not_slow() -> None:
    """Up to the floor a canary may be any number of times slower; above it, it may not."""
    edges = (0.0003, 0.002, 0.012, 0.02, 0.05)
    fast, slower, slow = ({edge: 4000 * (edge >= first) for edge in edges} for first in (0.0003, 0.012, 0.05))

    def harm(canary: dict[float, int], floor: float) -> float:
        signal = Latency(config.Latency(floor_ms=floor), 1000)
        signal.start(Counts(latency={**fast, INF: 4000}))
        for _ in range(20):
            signal.look(Counts(latency={**canary, INF: 4000}), Counts(latency={**fast, INF: 4000}))
        return signal.harm

    assert harm(slower, 10) < 0 < harm(slower, 0)
    assert harm(slow, 10) > 100
