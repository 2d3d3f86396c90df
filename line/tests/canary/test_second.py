"""Second opinions: a fair game user by user, from whoever the router tells of, through its lives."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binom

from mainline.canary.moments import Rate
from mainline.canary.routed import Routed, of_text
from mainline.canary.second import Second, log_stakes

BAR, TWICE = math.log(20), math.log(40)


@pytest.mark.parametrize("p", [0.0, 0.05, 0.2, 0.25])
@pytest.mark.parametrize("n", [1, 7, 40])
def test_a_user_whom_nobody_wrongs_is_a_fair_game(p: float, n: int) -> None:
    """Over all outcomes of n requests, each failed by the canary alone with chance p <= 1/4: the mean is 1 at most."""
    d = np.arange(n + 1)
    assert float((binom.pmf(d, n, p) * np.exp(log_stakes(n, d))).sum()) <= 1 + 1e-12


def test_a_user_who_is_wronged_is_none() -> None:
    """Above 1/4 the stake grows."""
    d = np.arange(41)
    assert float((binom.pmf(d, 40, 0.5) * np.exp(log_stakes(40, d))).sum()) > 1000


def told(alone: dict[int, Rate], life: str = "1") -> Routed:
    """What the router tells of users, of whom the canary refused nothing."""
    return Routed(life, "u", alone=alone, failed={user: bad for user, (_, bad) in alone.items()})


def test_the_first_of_a_user_is_not_bet_on() -> None:
    """A stake of 1 in a thousand users each, of which what comes at the first look changes nothing."""
    few, many = Second(), Second()
    few.hear(told({5: (1, 1)}), 0.1)
    many.hear(told({5: (90, 80)}), 0.1)
    assert few.harm == many.harm == pytest.approx(-math.log(1000))
    few.hear(told({5: (2, 2)}), 0.1)
    assert few.harm == pytest.approx(math.log(2.8 / 1000))


def test_many_users_are_proof_and_one_is_a_question() -> None:
    """Twelve of one user's are evidence that another does not share; of several users they are either way."""
    one, several = Second(), Second()
    for look in range(1, 14):
        one.hear(told({5: (look, look)}), 0.1)
        several.hear(told({user: (look, look) for user in range(4)}), 0.1)
    assert one.harm > TWICE > one.without_top
    assert one.bucket == 5
    assert several.without_top > BAR
    assert several.words() == "production answered 52 requests of 4 users that the canary failed or refused"


def test_what_is_refused_is_a_question_alone() -> None:
    """However much it is, and of however many users: there is no evidence of failures in it."""
    second = Second()
    for look in range(1, 14):
        second.hear(Routed("1", "u", alone={user: (look, look) for user in range(4)}), 0.1)
    assert second.asks > TWICE
    assert second.harm < -math.log(100)
    failed = Second()
    for look in range(1, 14):
        failed.hear(told({user: (look, look) for user in range(4)}), 0.1)
    assert failed.asks == failed.harm == second.asks


def test_requests_that_fare_well_cost_the_stake() -> None:
    """A user of whom the canary fails one in ten is none who is wronged."""
    second = Second()
    for look in range(1, 30):
        second.hear(told({5: (10 * look, look)}), 0.1)
    assert second.harm < -math.log(1000)


@pytest.mark.parametrize("life", ["1", "2"])
def test_a_router_that_began_anew_takes_nothing_back(life: str) -> None:
    """Whether it says so or its counts fell: stakes stay, and the first of the new life is not bet on."""
    second = Second()
    for look in range(1, 8):
        second.hear(told({5: (look, look)}), 0.1)
    before = second.harm
    second.hear(told({5: (1, 1)}, life), 0.1)
    assert second.harm == before
    second.hear(told({5: (2, 2)}, life), 0.1)
    assert second.harm > before


def test_both_of_earlier_lives_are_kept() -> None:
    """Also while a new router has not counted that far, and by signal and bucket."""
    second = Second()
    second.hear(Routed("1", "u", both={"errors": {5: 3}, "refusals": {5: 1}}), 0.1)
    second.hear(Routed("2", "u", both={"errors": {5: 1, 6: 2}}), 0.1)
    second.hear(Routed("2", "u", both={"errors": {5: 2, 6: 2}}), 0.1)
    assert second.both == {"errors": {5: 5, 6: 2}, "refusals": {5: 1}}


def test_a_share_weighs_a_user_when_he_comes() -> None:
    """At half of the users there are five thousand of them."""
    second = Second()
    second.hear(told({5: (1, 1)}), 0.1)
    second.hear(told({5: (1, 1), 6: (1, 1)}), 0.5)
    assert second.harm == pytest.approx(math.log(1 / 1000 + 1 / 5000))


def test_it_goes_on_from_its_state() -> None:
    """To the last bit, through JSON, in the midst of a life."""
    kept = Second()
    for look in range(1, 9):
        kept.hear(
            Routed("1", "u", alone={5: (2 * look, look), 8: (3, 1)}, both={"errors": {5: look}}, failed={5: look}), 0.1
        )
        again = Second()
        again.restore(json.loads(json.dumps(kept.state())))
        assert again.state() == kept.state()
        assert (again.harm, again.without_top, again.asks, again.both, again.words(), again.bucket) == (
            kept.harm,
            kept.without_top,
            kept.asks,
            kept.both,
            kept.words(),
            kept.bucket,
        )
        kept = again


def test_it_may_begin_anew() -> None:
    """What a person has looked at is answered for."""
    second = Second()
    for look in range(1, 14):
        second.hear(told({5: (look, look)}), 0.1)
    second.begin_anew()
    assert second.asks == second.harm
    assert second.harm == pytest.approx(-math.log(1000))
    second.hear(told({5: (14, 14)}), 0.1)
    assert second.harm == pytest.approx(math.log(2.8 / 1000))


@pytest.mark.parametrize(
    "text",
    [
        "alone 5 2",
        "alone 5 3 2",
        "alone -1 1 1",
        "seen 5",
        "both 5 1 latency",
        "left x",
        "alone 5 1 99999999999999999",
        "failed 5 1",
    ],
)
def test_an_answer_of_the_router_that_is_none_is_refused(text: str) -> None:
    """Fields too few, more opinions than requests, numbers that are none."""
    with pytest.raises(ValueError, match="router"):
        of_text(text)


def test_lines_of_another_version_are_left_out() -> None:
    """And nothing at all is nothing."""
    assert of_text("\nweather fine\n") == Routed()
