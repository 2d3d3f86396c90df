"""Under non-inferiority the best model so far is held on to, whoever brought it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from line.tests.projects import commit_all
from mainline import config, ledger
from mainline.gate import trial
from mainline.gate.verdict import NOT_CERTIFIED, PASS
from mainline.project import MODEL, Lock, Project
from mainline.tools import git

SET = {"salt": "mainline", "generation": 0}


def pins(model: str) -> str:
    """A dvc.lock."""
    return f"stages:\n  train:\n    outs:\n    - {{path: {MODEL}, md5: {model}}}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in which one model followed another."""
    git.git("init", "--quiet", "--initial-branch=main", root=tmp_path)
    for model in ("model0", "model1", "model2", "model3"):
        (tmp_path / "dvc.lock").write_text(pins(model))
        commit_all(tmp_path, model)
    return tmp_path


def line(kind: str, model: str, margin: float = 0.0, verdict: str = PASS, **more: Any) -> ledger.Entry:
    """A verdict about a model."""
    return {"kind": kind, **SET, "challenger": {"model": model}, "margin": margin, "verdict": verdict, **more}


BEST = [
    ("a decision", [line("decision", "model1"), line("decision", "model3", -0.1)], "model1"),
    (
        "a retraining",
        [line("decision", "model1"), line("retrain", "model2"), line("decision", "model3", -0.1)],
        "model2",
    ),
    ("not certified", [line("decision", "model1"), line("retrain", "model2", verdict=NOT_CERTIFIED)], "model1"),
    ("of another set", [line("decision", "model1"), line("retrain", "model2", generation=1)], "model1"),
    ("the champion itself", [line("decision", "model1"), line("retrain", "model3")], None),
    ("none", [line("retrain", "model2", verdict=NOT_CERTIFIED)], None),
]


@pytest.mark.parametrize(("entries", "best"), [b[1:] for b in BEST], ids=[b[0] for b in BEST])
def test_the_best_is_the_last_that_was_shown_to_be_better(root: Path, entries: list[Any], best: str | None) -> None:
    """By a person's decision or as a retraining, in the time of this sealed set."""
    terms = config.Gate(condition=config.Condition(non_inferiority=0.1))
    history, where = ledger.Ledger("x", tuple(entries)), ("mainline", 0)
    asked: Any = SimpleNamespace(terms=terms, history=history, sealed_set=where, project=Project(root))
    current: Any = SimpleNamespace(lock=Lock(pins("model3")), commit="main")
    found = trial._anchor(asked, current)
    assert (found and git.git("log", "-1", "--format=%s", found, root=root)) == best
