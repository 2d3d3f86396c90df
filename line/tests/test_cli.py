"""The command: its help, its exit codes, and its errors as one line."""

import pkgutil
from pathlib import Path

import click
import pytest

from mainline import cli, commands
from mainline.errors import MainlineError
from mainline.tools import git


def verbs() -> list[str]:
    """All that there are: each a module in commands/."""
    return [each.name for each in pkgutil.iter_modules(commands.__path__) if each.name != "options"]


def run(*arguments: str) -> int:
    """Run the command and answer its exit code."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    return int(ended.value.code or 0)


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    """`mainline --help` lists all verbs and ends with 0."""
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert [verb for verb in verbs() if f"  {verb} " not in shown] == []


def test_a_verb_that_is_none_is_named_with_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is like it, the verbs there are; either way the exit code is 2."""
    for typed, said in (("lokc", "no such verb: 'lokc'; did you mean 'lock'?"), ("xyz", "there are: lock, explore")):
        assert run(typed) == 2
        assert said in capsys.readouterr().err


def test_help_is_whole_at_80_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a narrow terminal each verb stands on a line of its own, with a whole sentence."""
    monkeypatch.setenv("COLUMNS", "80")
    run("--help")
    lines = capsys.readouterr().out.splitlines()
    said = [next(line for line in lines if line.startswith(f"  {verb} ")) for verb in verbs()]
    assert [line for line in said if not line.endswith(".") or line.endswith("...")] == []


def test_each_verb_stands_under_a_heading(capsys: pytest.CaptureFixture[str]) -> None:
    """None is left over, and no heading names one that is not there."""
    run("--help")
    assert "Other:" not in capsys.readouterr().out
    assert sorted(verb for verbs in cli.VERBS.values() for verb in verbs) == sorted(verbs())


def test_help_says_of_each_verb_what_its_own_help_begins_with() -> None:
    """The list is kept apart from the verbs, so that it needs none of them; the two say the same."""
    context = click.Context(cli.cli)
    for name, said in ((name, said) for listed in cli.VERBS.values() for name, said in listed.items()):
        verb = cli.cli.get_command(context, name)
        assert verb is not None
        assert (verb.name, (verb.help or "").strip().partition("\n")[0]) == (name, said)


@pytest.mark.parametrize("arguments", [["nosuch"], ["lock", "--nosuch"], ["report", "--base"]])
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A verb or option that is not there is a usage error, not a traceback."""
    assert run(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb",
    [
        "lock",
        "gate",
        "history",
        "report",
        "package",
        "register",
        "status",
        "run",
        "agent",
        "rollback",
        "doctor",
        "init",
    ],
)
def test_outside_a_project_each_verb_says_so(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Outside a git repository every verb ends with 1 and one line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert run(verb) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if "✗" in line]
    assert len(errors) == 1
    assert "not in a git repository" in errors[0]


def test_in_another_repository_it_says_what_is_missing(tmp_path: Path) -> None:
    """A repository without dvc.yaml is not one of ours."""
    git.git("init", "--quiet", ".", root=tmp_path)
    with pytest.raises(MainlineError, match=r"no dvc\.yaml here"):
        git.root(tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    assert git.root(tmp_path) == tmp_path
