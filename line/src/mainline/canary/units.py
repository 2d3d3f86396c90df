"""Reads what a service tells of users: sums over the router's buckets, and how old labels were when they came."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mainline.canary.moments import Moments

INFO = "mainline_unit_info"
SUM = "mainline_unit_sum"
TOP = "mainline_unit_top"
LOST = "mainline_labels_lost"
AGES = "mainline_feedback_age_seconds_bucket"
NAMES = (INFO, SUM, TOP, LOST, AGES)

ALL, FIRST = "all", "first8"
FIELDS = ("n", "b", "nn", "bb", "nb", "buckets")
Sample = tuple[str, Mapping[str, str], float]


def key(signal: str, view: str = ALL, age: float | None = None) -> str:
    """The name of one rate as it is counted.

    >>> key("errors"), key("labels", FIRST, 300.0)
    ('errors//all', 'labels/300/first8')
    """
    return f"{signal}/{'' if age is None else f'{age:g}'}/{view}"


def read(samples: Mapping[str, Iterable[Sample]], whole: Callable[[str, float], int]) -> dict[str, Any]:
    """What Counts holds of users: unit, moments, lost, ages; nothing of one that tells none.

    Args:
        samples: by the name of the gauge.
        whole: reads a count; may raise.

    Raises:
        ValueError: no buckets have such sums.
    """
    sums: dict[str, dict[str, int]] = defaultdict(dict)
    tops: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for name, labels, value in samples.get(SUM, ()):
        sums[_key(labels)][labels.get("of", "")] = whole(name, value)
    for name, labels, value in samples.get(TOP, ()):
        tops[_key(labels)][labels.get("rank", "")][labels.get("of", "")] = whole(name, value)
    moments = {}
    for name, each in sums.items():
        top = {it["bucket"]: (it["n"], it["b"]) for it in tops[name].values() if {"bucket", "n", "b"} <= set(it)}
        if each.get("n"):
            n, b, nn, bb, nb, buckets = (each.get(field, 0) for field in FIELDS)
            moments[name] = Moments(n, b, nn, bb, nb, buckets, top)
    ages: dict[str, dict[float, int]] = defaultdict(dict)
    for name, labels, value in samples.get(AGES, ()):
        ages[labels.get("outcome", "")][float(labels.get("le", "nan"))] = whole(name, value)
    return {
        "unit": next((labels.get("unit", "") for _, labels, value in samples.get(INFO, ()) if value), ""),
        "moments": moments,
        "lost": {float(labels.get("age", "nan")): whole(name, value) for name, labels, value in samples.get(LOST, ())},
        "ages": {outcome: dict(sorted(each.items())) for outcome, each in ages.items()},
    }


def _key(labels: Mapping[str, str]) -> str:
    age = labels.get("age", "")
    return key(labels.get("signal", ""), labels.get("view", ""), float(age) if age else None)
