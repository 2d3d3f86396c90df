"""Each fixed bar holds, fails with both figures, or names what params.yaml got wrong."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mainline import config
from mainline.errors import ConfigError, ToolFailed
from mainline.gate import comparison, thresholds
from mainline.project import Project
from mainline.tools import process

ROWS = 400


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A challenger that is right on three rows of four: always where `kind` is a, half the time elsewhere."""
    rng = np.random.default_rng(5)
    for folder in ("data", "models", "metrics", "predictions"):
        (tmp_path / folder).mkdir()
    (tmp_path / "models/signature.json").write_text(
        json.dumps({"task": "multiclass", "target": "y", "classes": [0, 1, 2]})
    )
    (tmp_path / "models/model.skops").write_bytes(bytes(2_000_000))
    measured = {"rows": ROWS, "accuracy": 0.75, "log_loss": 0.6}
    (tmp_path / "metrics/dev.json").write_text(json.dumps(measured))
    kind = np.repeat(["a", "b"], ROWS // 2)
    y = rng.integers(0, 3, ROWS)
    wrong = (kind == "b") & (np.arange(ROWS) % 2 == 0)
    size = np.where(wrong, 9.0, 1.0) + rng.uniform(0, 0.5, ROWS)
    table = {
        "row_id": [f"r{n}" for n in range(ROWS)],
        "kind": kind,
        "size": size,
        "few": [*["x"] * 9, *["y"] * (ROWS - 9)],
    }
    table["gap"] = np.where(wrong, None, kind)
    table["grade"] = np.where(wrong, 3, 1)
    pd.DataFrame({**table, "y": y}).to_parquet(tmp_path / "data/dev.parquet")
    pd.DataFrame({"row_id": ["t0", "t1", "t2"], "y": [0, 1, 2]}).to_parquet(tmp_path / "data/train.parquet")
    said = np.where(wrong, (y + 1) % 3, y)
    chances = {f"p_{label}": np.where(said == label, 0.8, 0.1) for label in range(3)}
    answers = {"row_id": table["row_id"], "prediction": said, **chances}
    pd.DataFrame(answers).to_parquet(tmp_path / "predictions/dev.parquet")
    return tmp_path


def failed(
    root: Path, *, slices: tuple[str, ...] = (), sensitive: tuple[str, ...] = (), metric: Any = None, **given: Any
) -> tuple[str, ...]:
    """The bars that the challenger misses."""
    dev = comparison.read(Project(root), root / "data/dev.parquet", root / "predictions/dev.parquet", None)
    settings = config.Gate(bars=config.Bars(**given), slices=slices, sensitive=sensitive, metric=metric)
    return thresholds.failed(Project(root), settings, dev)


def test_without_bars_none_is_missed(root: Path) -> None:
    """Nothing is measured that nobody asked for."""
    assert failed(root, slices=("kind", "nowhere")) == ()


@pytest.mark.parametrize(
    ("floor", "said"),
    [
        ({"accuracy": 0.75}, None),
        ({"accuracy": 0.76}, "accuracy on the dev set is 0.75, and the bar is 0.76"),
        ({"log_loss": 0.6}, None),
        ({"log_loss": 0.5}, "log_loss on the dev set is 0.6, and the bar is 0.5"),
        ({"accuracy": 0.5, "log_loss": 0.7}, None),
    ],
)
def test_a_floor_holds_or_is_missed(root: Path, floor: dict[str, float], said: str | None) -> None:
    """Higher is better, but for losses; the bar itself is enough."""
    assert failed(root, floor=floor) == ((said,) if said else ())


def test_a_metric_that_is_no_number_misses_its_floor(root: Path) -> None:
    """NaN clears no bar, in either direction."""
    (root / "metrics/dev.json").write_text('{"accuracy": NaN, "log_loss": NaN}')
    assert len(failed(root, floor={"accuracy": 0.1, "log_loss": 9.0})) == 2


def test_an_unknown_metric_is_named(root: Path) -> None:
    """With those that there are."""
    with pytest.raises(ConfigError, match=r"gate.bars.floor: no metric 'acuracy'; there are: rows, accuracy, log_loss"):
        failed(root, floor={"acuracy": 0.5})


@pytest.mark.parametrize(("most", "said"), [(2.0, ()), (1.9, ("the model is 2.0 MB, and the bar is 1.9",))])
def test_the_size_holds_or_is_missed(root: Path, most: float, said: tuple[str, ...]) -> None:
    """In millions of bytes of the saved model."""
    assert failed(root, model_mb=most) == said


@pytest.mark.parametrize(
    ("most", "said"),
    [(12.5, ()), (12.0, ("one row takes 12.5 ms (99th percentile, on this machine), and the bar is 12",))],
)
def test_the_latency_holds_or_is_missed(
    root: Path, most: float, said: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the pipeline itself measures it, in the challenger's folder and with its code."""
    asked: list[Any] = []

    def capture(command: Any, *, cwd: Path, env: Any) -> str:
        asked.append((tuple(command), cwd, env))
        return '{"p50_ms": 3.1, "p99_ms": 12.5}'

    monkeypatch.setattr(process, "capture", capture)
    assert failed(root, latency_ms=most) == said
    assert asked == [(("python", "-m", "pipeline", "latency"), root, {"PYTHONPATH": str(root / "src")})]


def test_a_latency_that_cannot_be_measured_is_no_pass(root: Path) -> None:
    """The tool's failure is reported, not taken for speed."""
    (root / "src/pipeline").mkdir(parents=True)
    (root / "src/pipeline/__init__.py").touch()
    (root / "src/pipeline/__main__.py").write_text("raise SystemExit('error: no model')")
    with pytest.raises(ToolFailed, match="no model"):
        failed(root, latency_ms=1000.0)


def test_a_slice_holds_or_is_missed(root: Path) -> None:
    """Kind b is wrong on half of its rows, a quarter more than the whole."""
    assert failed(root, slices=("kind",), slice_gap=0.26) == ()
    (said,) = failed(root, slices=("kind",), slice_gap=0.24)
    assert said == "accuracy where kind is b is 0.25 worse than the whole (200 dev rows)"


def test_quarters_of_a_number_are_slices(root: Path) -> None:
    """All errors are where size is large: its upper quarter."""
    (said,) = failed(root, slices=("size",), slice_gap=0.5)
    assert "accuracy where size is (" in said
    assert "is 0.75 worse than the whole (100 dev rows)" in said


def test_few_numbers_are_slices_each(root: Path) -> None:
    """A grade is not cut into quarters."""
    (said,) = failed(root, slices=("grade",), slice_gap=0.5)
    assert "where grade is 3 is 0.75 worse" in said


def test_rows_without_a_value_are_a_slice(root: Path) -> None:
    """What is missing may be what goes wrong."""
    (said,) = failed(root, slices=("gap",), slice_gap=0.5)
    assert "where gap is missing is 0.75 worse than the whole (100 dev rows)" in said


def test_a_slice_of_nine_rows_says_nothing(root: Path) -> None:
    """Fewer than ten rows are chance; the tenth counts."""
    table = pd.read_parquet(root / "data/dev.parquet")
    answers = pd.read_parquet(root / "predictions/dev.parquet")
    answers.loc[:9, "prediction"] = (table["y"][:10] + 1) % 3
    answers.to_parquet(root / "predictions/dev.parquet")
    assert failed(root, slices=("few",), slice_gap=0.5) == ()
    table.loc[9, "few"] = "x"
    table.to_parquet(root / "data/dev.parquet")
    assert len(failed(root, slices=("few",), slice_gap=0.5)) == 1


def test_groups_may_lie_apart_as_far_as_it_is_said(root: Path) -> None:
    """Kind b is wrong on half of its rows, the other never; a group of a few rows says nothing."""
    assert failed(root, sensitive=("kind",), fairness_gap=0.51) == ()
    (said,) = failed(root, sensitive=("kind",), fairness_gap=0.49)
    assert said == "accuracy where kind is b is 0.5 worse than where it is a (200 and 200 dev rows)"
    assert failed(root, sensitive=("few",), fairness_gap=0.01) == ()
    assert failed(root, slices=("kind",), fairness_gap=0.01) == (), "what is not sensitive may"
    with pytest.raises(ConfigError, match=r"gate.sensitive: the dev set has no column 'kid'; did you mean 'kind'\?"):
        failed(root, sensitive=("kid",), fairness_gap=0.1)


def test_an_unknown_slice_is_named(root: Path) -> None:
    """The column that the dev set lacks is a mistake in params.yaml."""
    with pytest.raises(ConfigError, match=r"gate.slices: the dev set has no column 'kid'; did you mean 'kind'\?"):
        failed(root, slices=("kid",), slice_gap=0.1)


def test_slices_of_an_asymptotic_metric_are_judged_by_accuracy(root: Path) -> None:
    """F1 has no value for a row."""
    (said,) = failed(root, slices=("kind",), slice_gap=0.2, metric="f1_macro")
    assert said.startswith("accuracy where kind is b")


def test_the_first_metric_judges_the_slices(root: Path) -> None:
    """In its own unit."""
    (said,) = failed(root, slices=("kind",), slice_gap=0.1, metric="brier")
    assert said.startswith("brier where kind is b is 0.17")


def test_all_that_is_missed_is_said(root: Path) -> None:
    """Not only the first."""
    said = failed(root, floor={"accuracy": 0.9, "log_loss": 0.1}, model_mb=1.0, slices=("kind",), slice_gap=0.1)
    assert len(said) == 4
