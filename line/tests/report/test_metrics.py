"""Every metric equals scikit-learn's, with and without weights."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics as sk

from mainline.report.bootstrap import resamples
from mainline.report.compare import Comparison
from mainline.report.metrics import METRICS, score, scorer

Make = Callable[..., Comparison]
RNG = np.random.default_rng(11)


def _binary(make: Make, decimals: int) -> Comparison:
    truth = RNG.integers(0, 2, 300)
    chance = np.clip(0.35 * truth + RNG.random(300) * 0.65, 0.01, 0.99).round(decimals)
    return make(truth, (chance > 0.5).astype(int), challenger=np.column_stack([1 - chance, chance]))


@pytest.mark.parametrize("decimals", [8, 1])
def test_binary_metrics_equal_scikit_learn(compared: Make, decimals: int) -> None:
    """With distinct scores and with many ties, unweighted and for each resample."""
    c = _binary(compared, decimals)
    truth, label, chance = c.truth, c.challenger.label, c.challenger.chance
    weights = next(resamples(300))[:20]
    made = scorer(c, c.challenger)(weights)
    for i, w in enumerate(weights):
        expected = {
            "accuracy": sk.accuracy_score(truth, label, sample_weight=w),
            "ROC AUC": sk.roc_auc_score(truth, chance[:, 1], sample_weight=w),
            "F1": sk.f1_score(truth, label, sample_weight=w),
            "average precision": sk.average_precision_score(truth, chance[:, 1], sample_weight=w),
            "log loss": sk.log_loss(truth, chance, sample_weight=w),
            "Brier score": sk.brier_score_loss(truth, chance[:, 1], sample_weight=w),
        }
        assert {name: values[i] for name, values in made.items()} == pytest.approx(expected)


def test_multiclass_metrics_equal_scikit_learn(compared: Make) -> None:
    """A class that a resample misses altogether is left out of the means, as scikit-learn does."""
    truth = np.r_[RNG.integers(0, 4, 60), 4]
    chance = RNG.dirichlet(np.ones(5), 61)
    c = compared(truth, chance.argmax(axis=1), task="multiclass", challenger=chance)
    weights = next(resamples(61))[:20]
    made = scorer(c, c.challenger)(weights)
    assert (weights[:, -1] == 0).any()
    for i, w in enumerate(weights):
        rows = np.repeat(np.arange(61), w.astype(int))
        label = c.challenger.label[rows]
        expected = {
            "accuracy": sk.accuracy_score(truth[rows], label),
            "balanced accuracy": sk.recall_score(
                truth[rows], label, average="macro", labels=np.unique(truth[rows]), zero_division=0
            ),
            "macro F1": sk.f1_score(truth[rows], label, average="macro", zero_division=0),
            "log loss": sk.log_loss(truth[rows], chance[rows], labels=range(5)),
        }
        assert {name: values[i] for name, values in made.items()} == pytest.approx(expected)


def test_regression_metrics_equal_scikit_learn(compared: Make) -> None:
    """Also where the target is far from zero."""
    truth = 1e6 + RNG.normal(0, 3, 200)
    c = compared(truth, truth + RNG.normal(0, 1, 200), task="regression")
    weights = next(resamples(200))[:20]
    made = scorer(c, c.challenger)(weights)
    for i, w in enumerate(weights):
        expected = {
            "RMSE": sk.root_mean_squared_error(truth, c.challenger.label, sample_weight=w),
            "MAE": sk.mean_absolute_error(truth, c.challenger.label, sample_weight=w),
            "R2": sk.r2_score(truth, c.challenger.label, sample_weight=w),
        }
        assert {name: values[i] for name, values in made.items()} == pytest.approx(expected)


def test_a_ranking_of_one_class_is_not_a_number(compared: Make) -> None:
    """ROC AUC needs both classes; accuracy does not."""
    c = compared([1, 1, 1], [1, 1, 0])
    made = score(c, c.challenger)
    assert np.isnan(made["ROC AUC"])
    assert made["accuracy"] == pytest.approx(2 / 3)


def test_a_probability_of_zero_gives_a_finite_log_loss(compared: Make) -> None:
    """A model that is sure and wrong is punished, not infinitely."""
    c = compared([0, 1], [1, 1])
    assert 10 < score(c, c.challenger)["log loss"] < 40


@pytest.mark.parametrize("task", METRICS)
def test_every_listed_metric_is_worked_out(compared: Make, task: str) -> None:
    """The table of metrics and the functions name the same ones."""
    c = compared([0, 1, 2][: 2 if task == "binary" else 3], [0, 1, 1][: 2 if task == "binary" else 3], task=task)
    assert list(score(c, c.challenger)) == [metric.name for metric in METRICS[task]]
