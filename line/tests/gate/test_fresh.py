"""The rows that judge a retraining are its own: enough of them, none that main has, and none that it has learnt."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mainline import config
from mainline.errors import Refused
from mainline.gate import comparison, copies, fresh, rows
from mainline.gate.answers import Answers
from mainline.gate.rows import DEV, FEATURES, LABELS, TRAIN
from mainline.project import Project
from mainline.retraining import LEVEL


def project(root: Path, train: Sequence[str] = (), dev: Sequence[str] = (), sealed: Sequence[str] = ("s0",)) -> Project:
    """A project's rows, by id: a number each, that no other id has."""
    (root / "data/sealed").mkdir(parents=True)
    (root / "models").mkdir()
    (root / "models/signature.json").write_text('{"task": "binary", "target": "y", "classes": [0, 1]}')
    for path, ids in ((TRAIN, train), (DEV, dev), (LABELS, sealed)):
        content = [float(zlib.crc32(name.encode())) for name in ids]
        pd.DataFrame({"row_id": list(ids), "x": content, "y": [n % 2 for n in range(len(ids))]}).to_parquet(root / path)
    pd.read_parquet(root / LABELS)[["row_id", "x"]].to_parquet(root / FEATURES)
    return Project(root)


def asked(count: int, turn: int = 2, begin: int = 0) -> list[str]:
    """The ids of rows that are to judge a retraining."""
    return [f"asked:{turn}:{n}" for n in range(begin, begin + count)]


def test_only_rows_of_this_number_judge(tmp_path: Path) -> None:
    """Not those of another, nor what else is among the dev rows; each with its features and its label."""
    dev = [*asked(12), *asked(40, 1), *asked(40, 22), "stream:k", "d1", "d2"]
    main = project(tmp_path / "main", dev=["d1", "d2", *asked(40, 1)])
    with fresh.taken(project(tmp_path / "new", dev=dev), main, 2) as found:
        table = pd.read_parquet(found.path)
        assert (found.count, set(table["row_id"]), set(table)) == (12, set(asked(12)), {"row_id", "x", "y"})
    assert not found.path.exists()


def test_rows_are_the_same_in_whatever_order(tmp_path: Path) -> None:
    """Their ids are what makes them others."""
    main, digests = project(tmp_path / "main"), []
    for name, ids in (("a", asked(12)), ("b", asked(12)[::-1]), ("c", asked(12, begin=1))):
        with fresh.taken(project(tmp_path / name, dev=ids), main, 2) as found:
            digests.append(found.digest)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("side", ["train", "dev", "sealed"])
def test_what_main_has_is_not_fresh(tmp_path: Path, side: str) -> None:
    """On whatever side: people have looked at it, or a model has learnt it."""
    main = project(tmp_path / "main", **{side: asked(3)})
    with fresh.taken(project(tmp_path / "new", dev=asked(13)), main, 2) as found:
        assert set(pd.read_parquet(found.path)["row_id"]) == set(asked(10, begin=3))
    with (
        pytest.raises(Refused, match=r"^data/dev\.parquet: 9 rows are for judging retraining 2 \(asked:2:\.\.\.\) and"),
        fresh.taken(project(tmp_path / "few", dev=asked(12)), main, 2),
    ):
        raise AssertionError("they were taken")


def test_too_few_rows_show_nothing(tmp_path: Path) -> None:
    """None, and one under the fewest."""
    main = project(tmp_path / "main")
    for count in (0, 9):
        few = fresh.taken(project(tmp_path / str(count), dev=["d", *asked(count)]), main, 2)
        with pytest.raises(Refused, match=f"{count} rows are for .*, and fewer than 10 show nothing; wait for"), few:
            raise AssertionError("they were taken")


def test_an_id_that_stands_twice_names_no_row(tmp_path: Path) -> None:
    """It is refused while no label has met an answer."""
    twice = project(tmp_path / "new", dev=[*asked(20), "asked:2:7"])
    taken = fresh.taken(twice, project(tmp_path / "main"), 2)
    with pytest.raises(Refused, match="1 row ids stand more than once"), taken:
        raise AssertionError("they were taken")


def test_a_model_that_has_learnt_them_is_refused(tmp_path: Path) -> None:
    """By id, and by content under another id; rows of its own are fine."""
    main = project(tmp_path / "main")
    for name, train in (("own", ["t1"]), ("by id", ["t1", *asked(2)]), ("copies", ["t1"])):
        branch = project(tmp_path / name, train=train, dev=asked(20))
        if name == "copies":
            more = pd.read_parquet(branch / DEV).head(3).assign(row_id=["a", "b", "c"], y=7)
            pd.concat([pd.read_parquet(branch / TRAIN), more]).to_parquet(branch / TRAIN)
        with fresh.taken(branch, main, 2) as found:
            if name == "own":
                copies.refuse_trained_on(branch, found.path)
                continue
            with pytest.raises(Refused, match=r"^\d training rows are rows that are to judge this retraining, or"):
                copies.refuse_trained_on(branch, found.path)


def test_a_metric_that_needs_rows_of_each_class_says_so(tmp_path: Path) -> None:
    """Of the fresh rows, however many main's sealed rows are."""
    main = project(tmp_path / "main", sealed=[f"s{n}" for n in range(200)])
    for count, fine in ((98, False), (100, True)):
        with fresh.taken(project(tmp_path / str(count), dev=asked(count)), main, 2) as found:
            rows.refuse_unfit(main, ["f1"])
            if fine:
                rows.refuse_unfit(main, ["f1"], found.path)
            else:
                with pytest.raises(Refused, match="f1 cannot be tested on these rows: 49 rows of class"):
                    rows.refuse_unfit(main, ["f1"], found.path)


@pytest.mark.parametrize(("count", "fine"), [(300, False), (302, False), (303, True), (5000, True)])
def test_rows_that_see_less_than_max_mde_are_refused(count: int, fine: bool) -> None:
    """At the level of one of a year's dozen; how many would do is said, and they do."""
    terms = config.Gate(max_mde=0.06)
    if fine:
        fresh._refuse_if_blind(count, 0.09, terms)
    else:
        with pytest.raises(Refused, match=r"can see gains above 0\.060 only, over gate\.max_mde .* for 303 rows, then"):
            fresh._refuse_if_blind(count, 0.09, terms)
    fresh._refuse_if_blind(count, None, terms)  # of a metric that is no mean over rows nobody knows


def compared(new: Any, old: Any, labels: Any) -> comparison.Comparison:
    """Two sides' answers of two classes."""
    sides = [Answers(np.asarray(side), lambda at, side=side: np.where(side == at, 0.9, 0.1)) for side in (new, old)]
    return comparison.Comparison("binary", (0, 1), 1, 1.0, np.arange(len(labels)), labels, *sides)


def test_a_bar_that_falls_is_a_verdict_of_its_own() -> None:
    """The rows would show it: with a bar that is not cleared it is not certified, and they are not asked."""
    labels = np.arange(400) % 2
    better = lambda: compared(labels, np.where(np.arange(400) < 60, 1 - labels, labels), labels)  # noqa: E731
    assert fresh._certified(better, config.Gate(), (), LEVEL)
    assert not fresh._certified(lambda: pytest.fail("asked"), config.Gate(), ("accuracy is 0.7",), LEVEL)
    wanted = config.Gate(condition=config.Condition(min_gain=0.2))
    assert not fresh._certified(better, wanted, (), LEVEL)


def test_what_the_ledger_keeps_of_the_dev_rows_are_losses() -> None:
    """Old and new, smaller is better; of a metric that is no mean over rows, those of the usual one."""
    labels = np.arange(100) % 2
    dev = compared(np.where(np.arange(100) < 5, 1 - labels, labels), np.where(np.arange(100) < 20, 0, labels), labels)
    found = fresh._losses(dev, config.Gate(metric=("f1", "brier", "roc_auc")))
    assert found == {"accuracy": [0.1, 0.05], "brier": [0.09, 0.05]}


def test_a_year_of_noise_seldom_passes() -> None:
    """Twelve challengers that are as good as the champion, each on rows of its own: at most 5% of years, by the tests.

    With what they are judged by in the gate: exact counts for classes, the betting test for squared errors.
    """
    years, count, passed = 400, 300, {"accuracy": 0, "squared_error": 0}
    rng = np.random.default_rng(7)
    for _ in range(years):
        for metric in passed:
            year = (_noise(rng, count, metric) for _ in range(12))
            terms = config.Gate(metric=metric)  # type: ignore[arg-type]
            passed[metric] += any(fresh._certified(lambda one=one: one, terms, (), LEVEL) for one in year)
    assert all(found <= 0.05 * years for found in passed.values()), passed
    assert passed["accuracy"] > 0  # the level is used, not a smaller one


def _noise(rng: np.random.Generator, count: int, metric: str) -> comparison.Comparison:
    """Two sides that are wrong on a tenth each, or off as far; which rows, is chance."""
    if metric == "accuracy":
        labels = rng.integers(0, 2, count)
        return compared(*(np.where(rng.random(count) < 0.1, 1 - labels, labels) for _ in range(2)), labels)
    labels = rng.normal(size=count)
    sides = [Answers(labels + rng.standard_t(3, count) / 2, lambda _: np.zeros(count)) for _ in range(2)]
    return comparison.Comparison("regression", (), None, 1.0, np.arange(count), labels, *sides)


def test_two_points_more_are_seen_by_half() -> None:
    """2,000 fresh rows at a disagreement of a tenth, as the design says: .55."""
    rng, labels = np.random.default_rng(3), np.zeros(2000, int)
    seen = 0
    for _ in range(400):
        draws = rng.random(2000)
        new, old = (draws < 0.04).astype(int), ((draws >= 0.04) & (draws < 0.1)).astype(int)
        seen += fresh._certified(lambda new=new, old=old: compared(new, old, labels), config.Gate(), (), LEVEL)
    assert 0.5 < seen / 400 < 0.6
