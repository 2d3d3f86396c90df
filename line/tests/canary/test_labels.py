"""Labels that come late: the age they are judged at, what is forgotten before it, and what is said of it."""

import json
import math
from dataclasses import replace

import pytest

from mainline.canary import cohorts, units
from mainline.canary.cohorts import Cohorts
from mainline.canary.counts import Counts
from mainline.canary.labels import Labels
from mainline.canary.moments import Moments
from mainline.canary.pair import Pair
from mainline.canary.rates import Rates

INF, BAR = math.inf, math.log(20)
GRID = (10.0, 60.0, 300.0, 1800.0)


def came(*within: int) -> dict[float, int]:
    """Labels that came within 10 s, 1 min, 5 min, half an hour, and ever."""
    return dict(zip((*GRID, INF), within, strict=True))


@pytest.mark.parametrize(
    ("right", "wrong", "wait", "found"),
    [
        (came(500, 900, 999, 1000, 1000), came(95, 100, 100, 100, 100), None, Cohorts("labels", (10.0, 60.0))),
        (came(0, 0, 900, 1000, 1000), came(100, 100, 100, 100, 100), None, Cohorts("labels", (300.0,))),
        (came(1000, 1000, 1000, 1000, 1000), came(0, 0, 40, 95, 100), None, Cohorts("labels", (1800.0,))),
        (came(1000, 1000, 1000, 1000, 1000), came(0, 0, 40, 45, 100), None, Cohorts("labels", (1800.0,))),
        (came(0, 0, 0, 0, 0), came(60, 100, 100, 100, 100), None, Cohorts("complaints", (10.0, 60.0))),
        ({}, came(60, 100, 100, 100, 100), 100, Cohorts("complaints", (300.0,))),
        (came(1, 1, 1, 1, 1), came(0, 0, 0, 0, 0), 61, Cohorts("labels", (300.0,))),
        (came(1, 1, 1, 1, 1), came(0, 0, 0, 0, 0), 9999, Cohorts("labels", (1800.0,))),
        (came(1000, 1000, 1000, 1000, 1000), came(9, 99, 99, 99, 99), None, None),
        (came(9, 99, 99, 99, 99), came(1000, 1000, 1000, 1000, 1000), None, None),
        (came(0, 0, 0, 0, 0), came(9, 99, 99, 99, 99), None, None),
        (came(0, 0, 0, 0, 0), came(0, 0, 0, 0, 0), 60, None),
        ({}, {}, 60, None),
    ],
)
def test_the_age_is_that_by_which_both_have_come(
    right: dict[float, int], wrong: dict[float, int], wait: float | None, found: Cohorts | None
) -> None:
    """Half and nine tenths of the right AND of the wrong ones, of a hundred each; or as a person says."""
    assert cohorts.chosen({"right": right, "wrong": wrong}, wait) == found


PLENTY = {"right": came(900, 900, 900, 900, 900), "wrong": came(60, 100, 100, 100, 100)}


def signal(wait: float | None = None) -> Labels:
    """The labels, by their defaults."""
    return Labels(lambda: Pair(1.0, 0.02), alike=0.005, wait=wait)


def side(*rates: tuple[float, int, int], users: int = 100, lost: int = 0, rows: int = 0, first: bool = False) -> Counts:
    """A side's sums at ages, spread over users evenly, as a Meter tells them of the first look."""
    moments = {}
    for age, n, b in rates:
        buckets = {i: (n // users, b // users + (i < b % users)) for i in range(users)}
        for view in (units.ALL, units.FIRST):
            moments[units.key("labels", view, age)] = Moments.of(buckets)
    if rows:
        moments[units.key("complaints", units.ALL, 60.0)] = Moments.of({1: (rows, 0)})
    fresh = {name: (each.n, each.b) for name, each in moments.items()}
    return Counts(moments=moments, fresh=fresh, ages=PLENTY, lost={60.0: lost} if lost else {})


def test_both_sides_are_compared_at_one_age() -> None:
    """Wrong ones that came at once are harm at 10 s, to be weighed against as many at a minute."""
    labels = signal()
    labels.look(side((10.0, 200, 150), (60.0, 500, 150)), side((10.0, 1000, 750), (60.0, 4500, 800)))
    assert labels.words() == (
        "150 of 500 labelled answers of the canary were wrong after 1 min, 800 of 4,500 of production's"
    )
    assert labels.harm > BAR
    alike = signal()
    for _ in range(5):
        alike.look(side((10.0, 200, 150), (60.0, 500, 90)), side((10.0, 1000, 750), (60.0, 4500, 810)))
    assert alike.harm < 1
    assert alike.shown > 0


def test_the_canary_goes_on_by_the_last_age_alone() -> None:
    """However good the first labels are."""
    labels = signal()
    for _ in range(20):
        labels.look(side((10.0, 500, 0)), side((10.0, 4500, 450)))
    assert labels.shown == 0.0


def test_what_is_forgotten_too_soon_is_not_used() -> None:
    """Over 5% of the rows on either side: neither harm nor to go on, and the reason says so."""
    for forgotten, used in ((0, True), (50, True), (60, False)):
        labels = signal(wait=60)
        labels.look(side((60.0, 500, 300), rows=950, lost=forgotten), side((60.0, 4500, 100)))
        assert (labels.harm > BAR) == used
        assert (labels.shown != 0) == used
        assert ("forgotten before they are 1 min old" in labels.words()) != used


def test_until_production_has_labels_enough_nothing_is_judged() -> None:
    """It says what is waited for, and how not to."""
    labels = signal()
    young = {"right": came(900, 900, 900, 900, 900), "wrong": came(9, 9, 9, 9, 9)}
    labels.look(side((10.0, 500, 300)), replace(side((10.0, 4500, 100)), ages=young))
    assert (labels.harm, labels.shown) == (0.0, 0.0)
    assert "canary.signals.labels.wait" in labels.words()
    labels.look(side((10.0, 500, 300), (60.0, 500, 300)), side((10.0, 4500, 100), (60.0, 4500, 100)))
    assert labels.harm > BAR


def test_without_ages_labels_count_as_they_come() -> None:
    """As before; and what came so is gone once ages are told."""
    labels = signal()
    labels.look(Counts(feedback={"right": 200, "wrong": 300}), Counts(feedback={"right": 4400, "wrong": 100}))
    assert labels.harm > BAR
    assert labels.words().startswith("300 of 500 labelled answers of the canary were wrong, ")
    assert not labels.by_age
    labels.look(side((10.0, 500, 50), (60.0, 500, 50)), side((10.0, 4500, 450), (60.0, 4500, 450)))
    assert labels.by_age
    assert labels.harm < 0
    assert labels.canary == (500, 50)


def test_alone_the_canary_is_compared_with_what_the_champion_had() -> None:
    """At a share of all, cohorts of production's end; harm is still seen."""
    labels, blind = signal(), signal()
    for each in (labels, blind):
        each.look(side((10.0, 500, 50), (60.0, 500, 50)), side((10.0, 4500, 450), (60.0, 4500, 450)))
    gone = replace(side((10.0, 4500, 450), (60.0, 4500, 450)), fresh={})
    for each, alone in ((labels, True), (blind, False)):
        each.look(side((10.0, 500, 400), (60.0, 500, 400)), gone, alone=alone)
    assert labels.harm > BAR > blind.harm


def test_labels_go_on_from_their_state() -> None:
    """To the last bit, before and after the ages are known; not with another wait."""
    kept = signal()
    for i in range(4):
        kept.look(
            *(
                (side((10.0, 100 * i, 9 * i), (60.0, 100, 9)), side((10.0, 900, 80), (60.0, 900, 80)))
                if i
                else (Counts(), Counts())
            )
        )
        again = signal()
        again.restore(json.loads(json.dumps(kept.state())))
        assert again.state() == kept.state()
        assert (again.harm, again.without_top, again.shown, again.words(), again.bucket) == (
            kept.harm,
            kept.without_top,
            kept.shown,
            kept.words(),
            kept.bucket,
        )
        kept = again
    with pytest.raises(ValueError, match="other settings"):
        signal(wait=60).restore(kept.state())


def test_what_production_failed_as_well_is_no_harm() -> None:
    """As soon as that is known, also of failures of an earlier look; to go on they count."""

    def errors() -> Rates:
        return Rates("errors", lambda c: (c.requests, c.failed), [Pair(1.25, 0.005) for _ in range(2)])

    spared, late, harmed = errors(), errors(), errors()
    for look in range(1, 11):
        ours = Counts(100, 10, both={"errors": {4: 10 * look}})
        spared.look(ours, Counts(900, 9))
        late.look(replace(ours, both={"errors": {4: 10 * (look - 1)}}), Counts(900, 9))
        harmed.look(replace(ours, both={}), Counts(900, 9))
    assert spared.harm < 0
    assert spared.harm < late.harm < harmed.harm
    assert harmed.harm > BAR
    assert spared.shown == late.shown == harmed.shown
    once = errors()
    for _ in range(10):
        once.look(Counts(100, 10, both={"errors": {4: 10}}), Counts(900, 9))
    assert once.harm > BAR
