"""Other programs: what they print, and why they fail."""

import sys
from pathlib import Path

import pytest

from mainline.errors import ToolFailed
from mainline.tools import dvc, git, process


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("a\nfatal: no\nhint: b", "fatal: no"),
        ("Traceback\n  x\nValueError: bad", "ValueError: bad"),
        ("plain", "plain"),
        ("", "it said nothing"),
        ("ERROR: one\n\n", "ERROR: one"),
    ],
)
def test_the_telling_line_of_an_output(output: str, said: str) -> None:
    """The line that says why is found among the others."""
    assert process.reason(output) == said


def test_the_projects_own_programs_come_first() -> None:
    """Programs are looked for beside this python before anywhere else."""
    assert process.environment()["PATH"].startswith(str(Path(sys.executable).parent))


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    """A missing program is named, with what to do."""
    with pytest.raises(ToolFailed, match="nosuch-program: not found; run `make setup`"):
        process.capture(["nosuch-program"], cwd=tmp_path)


def test_a_program_that_fails(tmp_path: Path) -> None:
    """A failure is an error, unless it was asked not to be one."""
    command = [sys.executable, "-c", "import sys; sys.exit('fatal: it broke')"]
    with pytest.raises(ToolFailed, match="fatal: it broke"):
        process.capture(command, cwd=tmp_path)
    assert process.capture(command, cwd=tmp_path, check=False) == ""


@pytest.mark.parametrize(
    ("line", "is_chatter"),
    [
        ("Running stage 'train':", True),
        ("Use `dvc push` to send your updates to remote storage.", True),
        ("", True),
        ("train: RandomForestClassifier on 764 rows", False),
        ("validate: column 'x' alone predicts 'y'", False),
        ("Stage 'train' didn't change, skipping", True),
        ("'data/source/t.csv.dvc' didn't change, skipping", True),
        ("WARNING: 'data/names.txt' is empty.", True),
        ("WARNING: 'data/source' is empty.", False),
    ],
)
def test_what_is_kept_of_dvcs_lines(line: str, is_chatter: bool) -> None:
    """The stages' own lines are shown, DVC's advice is not."""
    assert bool(dvc.CHATTER.match(line)) == is_chatter


RAN = "ERROR: failed to reproduce 'train': failed to run: python -m pipeline train, exited with 1"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["ingest: 9 rows", "ERROR: train: no rows", RAN], "train: no rows"),
        (["train: starts", "Traceback (most recent call last):", "ValueError: no", RAN, ""], "ValueError: no"),
        (
            ["ingest: 9 rows", "ERROR: failed to reproduce 'a': Parameters 'a' are missing"],
            "Parameters 'a' are missing",
        ),
        (
            ["ERROR: failed to reproduce 'validate': Parameters 'validate' are missing from 'params.yaml'."],
            "params.yaml: no validate, which a stage reads; put it there, with nothing to say as `validate: {}`",
        ),
        (["ingest: 9 rows", "ERROR: unexpected error - the disk is full"], "the disk is full"),
        (["ERROR: failed to pull data from the cloud"], "ERROR: failed to pull data from the cloud"),
    ],
)
def test_why_a_rebuild_failed(lines: list[str], reason: str) -> None:
    """The stage's own line where it gave one, DVC's where that stopped it, and never a line of what went well."""
    assert dvc.why(lines) == reason


@pytest.mark.slow
def test_a_stages_error_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What goes well is shown as it comes; the error is left to the end."""
    git.git("init", "--quiet", str(tmp_path), root=tmp_path)
    dvc.dvc("init", "--quiet", root=tmp_path)
    stage = "echo 'train: 9 rows'; echo 'ERROR: train: no classes' >&2; exit 2"
    (tmp_path / "dvc.yaml").write_text(f'stages:\n  train: {{cmd: "{stage}"}}\n')
    with pytest.raises(ToolFailed, match=r"^train: no classes$"):
        dvc.repro(tmp_path)
    assert capsys.readouterr().out == "  train: 9 rows\n"


def one_stage(root: Path) -> Path:
    """A project that copies a file."""
    root.mkdir(exist_ok=True)
    git.git("init", "--quiet", ".", root=root)
    dvc.dvc("init", "--quiet", root=root)
    (root / "a").write_text("a")
    (root / "dvc.yaml").write_text("stages:\n  c: {cmd: cp a b, deps: [a], outs: [b]}\n")
    return root


TAKEN = """
import os, shutil, sys

def rename(source, target, real=os.rename):
    if f"{os.sep}runs{os.sep}" in str(source):
        with open("times", "a") as times:
            times.write(".")
        if os.path.getsize("times") <= int(os.environ["TAKEN"]):
            os.unlink(source)
    real(source, target)

os.rename = rename
"""


@pytest.mark.slow
@pytest.mark.parametrize(("taken", "passes"), [(2, True), (dvc.TRIES, False)])
def test_a_rebuild_outlives_another_one_that_removes_its_records_of_runs(
    taken: int, passes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As DVC does with one that is half written, where two share a cache; where it never comes through, it says so."""
    monkeypatch.setattr(process, "stream", getattr(process.stream, "args", (None, process.stream))[1])
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/sitecustomize.py").write_text(TAKEN)
    root = one_stage(tmp_path / "p")
    env = {"PYTHONPATH": str(tmp_path / "theirs"), "TAKEN": str(taken)}
    if passes:
        dvc.repro(root, env=env)
        assert list(dvc.outputs((root / "dvc.lock").read_text())) == ["b"]
    else:
        with pytest.raises(ToolFailed, match=r"No such file or directory: '.*\.tmp'$"):
            dvc.repro(root, env=env)
    assert len((root / "times").read_text()) == (taken + 2 if passes else dvc.TRIES)  # DVC moves a record twice
    assert "ERROR" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_rebuild_outlives_the_empty_folder_of_one_that_was_killed(tmp_path: Path) -> None:
    """In which DVC looks for what a run gave, and finds not even a name."""
    root = one_stage(tmp_path)
    dvc.repro(root)
    (run,) = (root / ".dvc/cache/runs").glob("*/*/*")
    run.unlink()
    (root / "dvc.lock").unlink()
    dvc.repro(root)
    assert run.exists()


def test_the_outputs_that_a_lock_pins() -> None:
    """Every output of every stage, by path; an empty lock pins none."""
    lock = "stages:\n  a:\n    cmd: x\n    outs:\n    - path: p\n      md5: '1'\n  b:\n    cmd: y\n"
    assert dvc.outputs(lock) == {"p": "1"}
    assert dvc.outputs("") == {}
