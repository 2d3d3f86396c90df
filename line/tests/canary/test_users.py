"""The judge where service and router tell of users: whom it names, what it asks for, and what it cannot promise."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from mainline import config
from mainline.canary.counts import Counts
from mainline.canary.judge import Judge, Opinion
from mainline.canary.moments import Moments
from mainline.canary.routed import Routed

ONLY = {"latency": False, "labels": False, "drift": False}
Buckets = dict[int, tuple[int, int, int]]
"""Requests, failed and refused ones, by number."""


def side(buckets: Buckets, unit: str = "v2", **rest: Any) -> Counts:
    """What a service says of its users."""
    n, failed, refused = (sum(each[i] for each in buckets.values()) for i in range(3))
    moments = {}
    if unit:
        moments = {
            "errors//all": Moments.of({u: (n, e) for u, (n, e, _) in buckets.items()}),
            "errors//first8": Moments.of({u: (min(n, 8), min(e, 8)) for u, (n, e, _) in buckets.items()}),
            "refusals//all": Moments.of({u: (n, r) for u, (n, _, r) in buckets.items()}),
        }
    return Counts(n, failed, refused, unit=unit, moments=moments, **rest)


def spread(users: int, requests: int, failed: int = 0, refused: int = 0, start: int = 5000) -> Buckets:
    """Users who ask and fail evenly."""
    each = divmod(failed, users), divmod(refused, users)
    return {
        start + i: (requests // users, each[0][0] + (i < each[0][1]), each[1][0] + (i < each[1][1]))
        for i in range(users)
    }


class Asked:
    """A judge, and what it said last."""

    def __init__(self, settings: config.Canary | None = None, share: float = 0.1, **routed: Any) -> None:
        self.settings = settings or config.Canary(signals=ONLY)
        self.judge, self.share, self.now, self.routed = Judge(self.settings), share, 0.0, routed
        self.look({}, {})

    def look(self, canary: Buckets, champion: Buckets, unit: str = "v2", routed: Routed | None = None) -> Opinion:
        """Ask, with the counts as they stand; from the state each time."""
        self.now += 10
        self.judge = Judge.from_state(self.settings, json.loads(json.dumps(self.judge.state())))
        return self.judge.observe(side(canary), side(champion, unit), self.share, self.now, routed=routed)


def test_one_user_alone_holds_and_is_named() -> None:
    """However much fails for him; the same failures of twenty users take the canary back."""
    alone = {**spread(99, 396, start=0), 4711: (40, 40, 0)}
    production = spread(900, 3600, failed=36)
    asked = Asked()
    opinion = asked.look(alone, production)
    assert (opinion.answer, opinion.cause, opinion.bucket) == ("hold", "alone", 4711)
    assert "one bucket of users alone (number 4711 of the router's) makes it look worse" in opinion.reason
    assert "40 of 436 requests of the canary failed" in opinion.reason
    opinion = Asked().look(spread(100, 400, failed=40, start=0), production)
    assert (opinion.answer, opinion.cause, opinion.bucket) == ("rollback", "harm", None)


@pytest.mark.parametrize("on_timeout", ["rollback", "promote"])
def test_no_time_bars_for_one_user(on_timeout: str) -> None:
    """A hold for one user's sake asks for a person, whatever is to be done when the time is over."""
    settings = config.Canary(signals=ONLY, on_timeout=on_timeout, timeout=100)  # type: ignore[arg-type]
    asked = Asked(settings)
    asked.now = 1000
    opinion = asked.look({**spread(99, 396, start=0), 4711: (40, 40, 0)}, spread(900, 3600, failed=36))
    assert (opinion.answer, opinion.cause, opinion.bucket) == ("hold", "timeout", 4711)
    assert "a person must decide" in opinion.reason


def test_users_who_fail_alike_say_less() -> None:
    """The same failures, of users of both sides who fail wholly or not at all, are chance among so few."""
    spoilt = {1: (20, 20, 0), 2: (20, 20, 0), **{i: (20, 0, 0) for i in range(3, 20)}}
    production = {100 + i: (20, 20 * (i < 6), 0) for i in range(180)}
    assert Asked().look(spoilt, production).answer == "hold"
    evenly = {i: (20, 2 + (i < 2), 0) for i in range(19)}
    assert Asked().look(evenly, {100 + i: (20, int(i < 120), 0) for i in range(180)}).answer == "rollback"


def test_a_hold_says_how_many_users_are_needed() -> None:
    """By those there are and what they showed: nothing where they showed nothing."""
    opinion = Asked().look(spread(200, 400), spread(1800, 3600))
    assert opinion.users == {"canary": 200, "champion": 1800}
    shown = opinion.signals["refusals"]["non_inferiority"], opinion.signals["errors"]["non_inferiority"]
    needed = float(f"{200 * math.log(20) / min(shown):.2g}")
    assert f"; 200 users so far, about {needed:,.0f} needed" in opinion.reason
    opinion = Asked().look(spread(200, 400, failed=8), spread(1800, 3600, failed=36))
    assert "; 200 users so far" in opinion.reason
    assert "needed" not in opinion.reason


def test_users_who_are_told_make_the_split() -> None:
    """A client who asks a lot makes no wrong split; users who are not shared out as they should be make one."""
    busy = {**spread(40, 400, start=0), 77: (800, 0, 0)}
    fair = Routed("1", "v2", seen=(41, 360))
    for routed, cause in ((fair, "looking"), (replace(fair, seen=(160, 240)), "split"), (None, "split")):
        asked = Asked()
        opinion = asked.look(busy, spread(360, 3600), routed=routed)
        assert opinion.cause == cause
    assert "the canary got 1,200 of 4,800 requests at a share of 10%" in opinion.reason
    asked = Asked()
    opinion = asked.look(busy, spread(360, 3600), routed=replace(fair, seen=(160, 240)))
    assert "the canary got 160 of 400 users at a share of 10%" in opinion.reason


def test_users_of_another_share_are_none_of_this_one() -> None:
    """The router counts them anew; what it told before it knew is not taken."""
    asked = Asked()
    asked.look(spread(40, 400), spread(360, 3600), routed=Routed("1", "v2", seen=(160, 240)))
    asked.share = 0.5
    opinion = asked.look(spread(40, 400), spread(360, 3600), routed=Routed("1", "v2", seen=(160, 240)))
    assert opinion.split == 0


@pytest.mark.parametrize("unit", ["v1", ""])
def test_users_of_another_canary_are_not_counted(unit: str) -> None:
    """Nor is there a user where only one side tells of them: requests are the unit, and it says so."""
    asked = Asked()
    opinion = asked.look({**spread(99, 396, start=0), 4711: (40, 40, 0)}, spread(900, 3600, failed=36), unit=unit)
    assert opinion.users == {"canary": 0, "champion": 0}
    assert opinion.answer == "rollback"
    assert opinion.notes[0].startswith("each request counts as a user of its own")


def test_what_is_told_is_no_note() -> None:
    """Nothing is left to say where users are told and production is asked."""
    asked = Asked()
    opinion = asked.look(spread(40, 400), spread(360, 3600), routed=Routed("1", "v2"))
    assert opinion.notes == []
    opinion = asked.look(spread(40, 400), spread(360, 3600), routed=Routed("1", "v2", nameless=1))
    assert opinion.notes == ["users who send no x-user are known by their address: all behind one are one"]
    assert Asked().look(spread(40, 400), spread(360, 3600)).notes == [
        "production is not asked for what the canary fails or refuses"
    ]


def test_what_both_refuse_is_no_harm() -> None:
    """Malformed requests of many clients, on the canary's side: production refused them too."""
    refused = spread(40, 400, refused=100, start=0)
    production = spread(360, 3600)
    both = {"refusals": {user: each[2] for user, each in refused.items()}}
    for routed, answer in ((Routed("1", "v2", both=both), "hold"), (Routed("1", "v2"), "pause")):
        assert Asked().look(refused, production, routed=routed).answer == answer
    assert Asked().look(refused, production, routed=Routed("1", "v1", both=both)).answer == "pause"


def second(user: int, look: int) -> Routed:
    """A user whose every request the canary alone fails."""
    return Routed("1", "v2", alone={user: (look, look)}, failed={user: look})


def test_second_opinions_of_one_user_pause() -> None:
    """And go on pausing until a person says otherwise; then they begin anew."""
    asked = Asked()
    canary, production = spread(40, 400, start=0), spread(360, 3600)
    for look in range(1, 14):
        opinion = asked.look(canary, production, routed=second(3, look))
        if opinion.answer == "pause":
            break
    assert (opinion.answer, opinion.cause) == ("pause", "second")
    assert f"production answered {look} requests of 1 user that the canary failed or refused" in opinion.reason
    assert asked.look(canary, production).reason == opinion.reason
    asked.judge.resume()
    assert asked.look(canary, production, routed=second(3, look + 1)).answer == "hold"


@pytest.mark.parametrize(("failed", "answer"), [(1, "rollback"), (0, "pause")])
def test_what_is_refused_bars_nothing_however_many_users_it_takes(failed: int, answer: str) -> None:
    """Production answers what the canary fails, or refuses: for failures it goes back, for refusals it is paused."""
    asked = Asked()
    canary, production = spread(40, 400, start=0), spread(360, 3600)
    for looks in (1, 9):
        alone = {user: (looks, looks) for user in range(40)}
        routed = Routed("1", "v2", alone=alone, failed=dict.fromkeys(alone, looks * failed))
        opinion = asked.look(canary, production, routed=routed)
    assert opinion.answer == answer


def test_second_opinions_can_be_off() -> None:
    """Then what the router tells of them is not heard."""
    asked = Asked(config.Canary(signals={**ONLY, "second": False}))  # type: ignore[arg-type]
    for look in range(1, 30):
        opinion = asked.look(spread(40, 400, start=0), spread(360, 3600), routed=second(3, look))
    assert opinion.answer == "hold"
    assert "second" not in opinion.signals


def test_to_go_on_users_are_taken_to_be_alike() -> None:
    """The more so, the more users it takes."""
    shown = []
    for alike in (0.0, 0.005, 1.0):
        opinion = Asked(config.Canary(signals=ONLY, alike=alike)).look(spread(100, 2000), spread(900, 18000))  # type: ignore[arg-type]
        shown.append(opinion.signals["errors"]["non_inferiority"])
    assert shown[0] > shown[1] > shown[2] > 0
