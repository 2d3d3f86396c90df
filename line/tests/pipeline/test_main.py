"""`python -m pipeline STAGE`: one line for every fault of the user's, and the exit codes of old."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from pipeline import __main__ as program
from pipeline.errors import DataError, ModelError, ParamsError, SourceError


def test_without_a_stage_it_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    """No argument is an error; asking for help is none."""
    assert program.main([]) == 2
    assert program.main(["--help"]) == 0
    assert "ingest, clean, validate, label, split, explore, train, predict, evaluate" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trian"], "trian: no such stage; did you mean 'train'?"),
        (["train", "now"], "train now: usage: python -m pipeline train"),
        (["stream", "in"], "stream in: usage: python -m pipeline stream CANDIDATES OUT"),
    ],
)
def test_words_that_are_not_understood_are_named(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stage with the nearest that there is; other words with those that it takes."""
    assert program.main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("error", "code"), [(ParamsError, 2), (SourceError, 1), (DataError, 1), (ModelError, 1)])
@pytest.mark.usefixtures("folder")
def test_a_fault_is_one_line_and_a_code(error, code: int, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 where params.yaml is wrong, 1 for all else; never a traceback."""
    from pipeline.stages import ingest

    def fail(_: object) -> None:
        raise error("what, where, and what to do next")

    monkeypatch.setattr(ingest, "run", fail)
    Path("params.yaml").write_text("data: {source: x, target: y}\ntrain: {estimator: a.B}\n")
    assert program.main(["ingest"]) == code
    assert capsys.readouterr().err == "ERROR: ingest: what, where, and what to do next\n"


@pytest.mark.usefixtures("folder")
def test_a_library_warns_in_one_line(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says, and not where in its code."""
    from pipeline.stages import ingest

    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(ingest, "run", lambda _: warnings.warn("did not converge\nSee the docs", RuntimeWarning, 2))
    Path("params.yaml").write_text("data: {source: x, target: y}\ntrain: {estimator: a.B}\n")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert program.main(["ingest"]) == 0
    assert capsys.readouterr().err == "ingest: RuntimeWarning: did not converge\n"


@pytest.mark.slow
def test_the_program_runs_a_stage(folder: Path) -> None:
    """As a process: rows of digits are written; a stage without its input ends with 1, without a params.yaml with 2."""

    def run(stage: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "pipeline", stage], capture_output=True, text=True)

    assert run("ingest").returncode == 2
    Path("params.yaml").write_text("data: {source: 'sklearn:iris', target: target}\ntrain: {estimator: a.B}\n")
    assert run("ingest").stdout == "ingest: 150 rows, 5 columns from sklearn:iris\n"
    failed = run("train")
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1)
    assert "data/train.parquet: not here yet" in failed.stderr
