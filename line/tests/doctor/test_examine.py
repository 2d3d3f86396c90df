"""All checks together: side by side, bounded, and none hides another; and the verb that shows them."""

import json
import socket
from pathlib import Path

import pytest

from line.tests.projects import edit
from mainline import cli
from mainline.doctor import backup, locks, tracking
from mainline.doctor.checks import ANOTHER_SERVER, CHECKS, Check
from mainline.doctor.examine import examine
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.project import Project
from mainline.tools import dvc, git, ports, storage

pytestmark = pytest.mark.slow

BY_NAME = {each.name: each for each in CHECKS}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the verb; answers its exit code and what it printed."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", *arguments])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_a_check_that_hangs_or_breaks_hides_no_other(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers and a configuration that is none: each is one line, the rest is there, in order."""
    (project / ".dvc/config").write_text("[core\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        mlflow_check = Check("MLflow", "tracking:look", within=4.0, mend=ANOTHER_SERVER)
        found = list(examine(Project(project), [BY_NAME["DVC remote"], mlflow_check, BY_NAME["requirements"]]))
    assert [each.check for each in found[:3]] == ["DVC remote", "MLflow", "requirements/dev.txt"]
    assert found[0].state == WRONG
    assert "config" in found[0].said
    assert found[1] == Finding("MLflow", WRONG, "no answer within 4 s", ANOTHER_SERVER)
    assert {each.state for each in found[2:]} == {FINE}


def test_what_nobody_foresaw_is_one_line(project: Path) -> None:
    """A check that dies of a mistake of its own is told by the last line of what it said."""
    (found,) = examine(Project(project), [Check("no such check", "", mend="call somebody")])
    assert (found.state, found.said, found.mend) == (WRONG, "StopIteration", "call somebody")


def test_a_server_of_mlflow_answers_or_is_named(sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one nothing is asked, and no file is made."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert [each.state for each in tracking.look(Project(tmp_path))] == [NOT_ASKED]
    assert list(tmp_path.iterdir()) == []
    check = [BY_NAME["MLflow"]]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", sqlite)
    assert list(examine(Project(tmp_path), check)) == [Finding("MLflow", FINE, f"{sqlite} answers")]
    url = f"http://127.0.0.1:{ports.free()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    (gone,) = examine(Project(tmp_path), check)
    assert (gone.state, gone.mend) == (WRONG, ANOTHER_SERVER)
    assert gone.said.startswith(f"MLflow at {url}: no answer")


@pytest.mark.smoke
def test_lock_and_card_are_held_to_the_tree(project: Path) -> None:
    """Current, not committed, edited, stale, not built: the next command is always there."""

    def states() -> list[tuple[str, str]]:
        return [(each.state, each.mend) for each in locks.look(Project(project))]

    assert states() == [(FINE, ""), (FINE, "")]
    card = project / "models/card.md"
    text = card.read_text()
    card.write_text(text.replace("0.7", "0.9"))
    assert states() == [(FINE, ""), (WRONG, "mainline lock")]
    card.write_text(text)
    git.git("rm", "--quiet", "--cached", "models/card.md", root=project)
    git.git(
        "-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "--quiet", "-n", "-m", "No card", root=project
    )
    assert states() == [(FINE, ""), (WARNING, "git add models/card.md && git commit --message 'Build the model'")]
    (project / "predictions/dev.parquet").unlink()
    assert states() == [(FINE, ""), (NOT_ASKED, "mainline outputs restore")]
    edit(project, train={"seed": 1})
    assert states() == [(WRONG, "mainline lock"), (NOT_ASKED, "mainline lock")]
    (project / "dvc.lock").unlink()
    assert states() == [(WRONG, "mainline lock"), (NOT_ASKED, "mainline lock")]


def test_what_is_in_no_remote_is_named(project: Path, tmp_path: Path) -> None:
    """Without a remote there is no backup; with one, what was not pushed is in none, the table of the source first."""

    def found() -> Finding:
        (one,) = backup.look(Project(project))
        return one

    assert (found().state, "no DVC remote, so there is none" in found().said) == (WARNING, True)
    dvc.dvc("remote", "add", "--quiet", "--default", "storage", str(tmp_path / "storage"), root=project)
    assert (found().state, found().mend) == (WARNING, "dvc push")
    assert found().said.startswith("in no remote, so gone with this machine: data/raw.parquet, data/clean.parquet")
    storage.push(project)
    assert found().state == FINE
    (project / "dvc.lock").unlink()
    assert found().state == NOT_ASKED


def test_the_verb_shows_all_and_ends_with_what_it_found(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 where nothing is wrong, warnings or not; 2 where something is; --json is the same as a list."""
    monkeypatch.chdir(project / "src")
    code, out, _ = run(capsys, "--json")
    found = json.loads(out)
    assert [sorted(each) for each in found] == [["check", "mend", "said", "state"]] * len(found)
    names = [each["check"] for each in found]
    assert names[:2] + names[-1:] == ["python", "packages", "GitHub"]
    assert names == list(dict.fromkeys(names))
    assert code == (2 if any(each["state"] == WRONG for each in found) else 0)

    edit(project, train={"seed": 1})
    code, out, err = run(capsys)
    assert code == 2
    assert "✗ dvc.lock: not current: train" in out
    assert "    mainline lock\n" in out
    assert "wrong; the command below each mends it" in err
    assert "Traceback" not in out + err
