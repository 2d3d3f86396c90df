"""Sums over users: what they say of how alike a user's requests are, and what no users can have."""

import doctest
import importlib
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from mainline.canary.evidence import Evidence
from mainline.canary.moments import NOTHING, Moments, Users, design_effect, excess, likeness
from mainline.canary.pair import Pair, bound

Buckets = dict[int, tuple[int, int]]
PURE = ("bets", "cohorts", "evidence", "labels", "moments", "routed", "second", "units")
BAR = math.log(20)


@pytest.mark.parametrize("name", PURE)
def test_the_examples_run(name: str) -> None:
    """Each example in the mathematics says what comes of it."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(importlib.import_module(f"mainline.canary.{name}"), optionflags=flags)
    assert result.attempted
    assert not result.failed


@st.composite
def some_buckets(draw: st.DrawFn, least: int = 0) -> Buckets:
    """Requests and bad ones by number."""
    counts = draw(st.lists(st.integers(1, 50), min_size=least, max_size=12))
    return {number: (n, draw(st.integers(0, n))) for number, n in enumerate(counts)}


@given(some_buckets(), some_buckets())
def test_sums_add_up(one: Buckets, other: Buckets) -> None:
    """Of buckets that nobody shares, the sums are those of all; only the size is bounded, from above."""
    apart = {number + 100: each for number, each in other.items()}
    together, added = Moments.of({**one, **apart}), Moments.of(one).plus(Moments.of(apart))
    fields = ("n", "b", "nn", "bb", "nb", "buckets")
    assert [getattr(added, each) for each in fields] == [getattr(together, each) for each in fields]
    assert added.size >= together.size - 1e-9


@given(some_buckets(1), some_buckets(1))
def test_the_size_bounds_that_of_users_of_both_processes(one: Buckets, other: Buckets) -> None:
    """Whoever sent requests to two processes is at most as large as their sizes added up."""
    whole = {
        number: tuple(map(sum, zip(one.get(number, NOTHING), other.get(number, NOTHING), strict=True)))
        for number in {*one, *other}
    }
    assert Moments.of(one).plus(Moments.of(other)).size >= Moments.of(whole).size - 1e-9  # type: ignore[arg-type]


@given(some_buckets(1), some_buckets(1), st.sampled_from([0.0, 0.005, 1.0]))
def test_a_design_effect_is_one_at_least_and_the_largest_bucket_at_most(
    canary: Buckets, champion: Buckets, alike: float
) -> None:
    """And what is taken for granted to go on only makes it larger."""
    ours, theirs = Moments.of(canary), Moments.of(champion)
    users = Users.of(ours, theirs, alike)
    assert 1 <= users.harm <= users.shown <= max(n for n, _ in (*canary.values(), *champion.values()))


def test_users_of_one_request_each_say_as_much_as_requests() -> None:
    """Exactly 1, whatever is bad: the evidence is today's to the last bit."""
    rng = np.random.default_rng(1)
    pair, harm = Pair(1.25, 0.005), Evidence()
    shown = Evidence(direction="non_inferiority", ratio=1.25, margin=0.005, restarts=False)
    sides: tuple[Buckets, Buckets] = ({}, {})
    for look in range(60):
        batch = []
        for side, n, p in zip(sides, (20, 180), (0.06, 0.03), strict=True):
            bad = rng.random(n) < p
            side.update({1000 * look + i: (1, int(each)) for i, each in enumerate(bad)})
            batch.append((n, int(bad.sum())))
        pair.look(batch[0], batch[1], batch[0])
        users = Users.of(Moments.of(sides[0]), Moments.of(sides[1]), alike=0.005)
        pair.weigh(users)
        assert (users.harm, users.shown) == (1.0, 1.0)
        assert pair.harm == harm.update(*batch[0], *batch[1])
        assert pair.shown == shown.update(*batch[0], *batch[1])


@pytest.mark.parametrize("rho", [0.0, 0.1, 0.4])
def test_the_likeness_of_users_is_found(rho: float) -> None:
    """Of beta-binomial users of one size, within a tenth of it or so."""
    rng, users, n = np.random.default_rng(2), 4000, 10
    p = np.full(users, 0.1) if rho == 0 else rng.beta(0.1 * (1 - rho) / rho, 0.9 * (1 - rho) / rho, users)
    b = rng.binomial(n, p)
    sums = users * n, b.sum(), users * n * n, (b * b).sum(), (n * b).sum()
    found = float(likeness(excess(*sums), 0.0, users * n * (n - 1)))
    assert found == pytest.approx(rho, abs=0.03)
    assert float(design_effect(found, (n, n), (users * n, users * n))) == pytest.approx(1 + 9 * rho, abs=0.3)


def test_a_rate_of_nothing_or_all_has_no_excess() -> None:
    """There is no telling how alike they are, and no division by nothing."""
    assert excess(n=[10, 10, 0], b=[0, 10, 0], nn=[100, 100, 0], bb=[0, 100, 0], nb=[0, 100, 0]).tolist() == [0, 0, 0]


def test_what_one_user_carries_is_gone_without_him() -> None:
    """Twenty failures of one bucket are harm, and none without it; of twenty buckets they are harm either way."""
    for buckets, carried in (({1: (20, 20)}, True), ({i: (1, 1) for i in range(20)}, False)):
        canary: Buckets = {**{i + 100: (1, 0) for i in range(80)}, **buckets}
        pair = Pair(1.25, 0.005)
        pair.look((100, 20), (900, 9), (100, 20))
        champion = Moments.of({i: (1, int(i < 9)) for i in range(900)})
        users = Users.of(Moments.of(canary), champion, alike=0)
        pair.weigh(Users(1.0, 1.0, users.top, users.bucket))
        assert pair.harm > BAR
        assert (pair.without_top < 0) == carried
        assert users.bucket in buckets


def test_what_production_failed_too_is_no_harm_of_a_user() -> None:
    """The bucket with most bad ones is the one with most that are the canary's own."""
    canary = Moments.of({1: (30, 30), 2: (10, 4), 3: (5, 0)})
    users = Users.of(canary, Moments.of({9: (50, 1)}), 0, both={1: 28})
    assert (users.bucket, users.top) == (2, (10, 4))
    assert Users.of(canary, Moments.of({9: (50, 1)}), 0, both={1: 30, 2: 4}).bucket is None


@pytest.mark.parametrize(
    "sums",
    [
        {"n": 1},
        {"n": 2, "b": 3, "nn": 4, "bb": 9, "nb": 6, "buckets": 1},
        {"n": 4, "nn": 3, "buckets": 2},
        {"n": 4, "nn": 17, "buckets": 2},
        {"n": 4, "b": 2, "nn": 8, "bb": 1, "nb": 4, "buckets": 2},
        {"n": 4, "nn": 8, "buckets": 5},
        {"n": 4, "nn": 8, "buckets": 0},
        {"n": -1, "nn": 1, "buckets": 1},
        {"n": 4, "b": 1, "nn": 8, "bb": 1, "nb": 2, "buckets": 2, "top": {3: (2, 2)}},
        {"n": 4, "b": 1, "nn": 8, "bb": 1, "nb": 2, "buckets": 2, "top": {3: (5, 1)}},
    ],
)
def test_sums_that_no_users_have_are_refused(sums: dict[str, Any]) -> None:
    """More bad ones than requests, squares too small or too large, more buckets than requests, a larger top."""
    with pytest.raises(ValueError, match=r"no bucket"):
        Moments(**sums)


@given(some_buckets())
def test_sums_go_through_json_to_the_last_bit(buckets: Buckets) -> None:
    """Their size, which several processes made, too."""
    adapter = TypeAdapter(Moments)
    moments = Moments.of(buckets).plus(Moments.of({7: (3, 1)}))
    assert adapter.validate_python(json.loads(json.dumps(adapter.dump_python(moments, mode="json")))) == moments


@pytest.mark.parametrize(("champion", "said"), [((100, 0), (100, 3)), ((100, 9), (100, 18)), ((2, 2), (2, 2))])
def test_a_champion_that_is_gone_has_a_bound(champion: tuple[int, int], said: tuple[int, int]) -> None:
    """Three more and two standard deviations, and never more than all."""
    assert bound(champion) == said


@pytest.mark.parametrize("effect", [0.99, 0.0, -1.0, math.nan, math.inf, None])
def test_an_effect_that_is_none_is_refused(effect: Any) -> None:
    """Below 1 evidence would be sharper than independent requests': an error, never a verdict."""
    evidence = Evidence()
    evidence.update(10, 2, 10, 1)
    with pytest.raises(ValueError, match="effect must be"):
        evidence.tempered(effect)


def test_a_top_that_is_none_is_refused() -> None:
    """More bad ones than requests."""
    evidence = Evidence()
    evidence.update(10, 2, 10, 1)
    with pytest.raises(ValueError, match="top bad must not exceed"):
        evidence.tempered(1.0, (2, 3))
