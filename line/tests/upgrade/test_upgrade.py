"""A project goes on to another line: what the line changed comes, what is the owner's stays, conflicts are git's."""

import re
import subprocess
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from line.tests.upgrade.conftest import LINE, OWN, PYPROJECT, Upgrade, owned, short, state, write
from mainline.errors import ConfigError
from mainline.tools import git
from mainline.upgrade import merge, start, template, vendored

MAKEFILE = str(LINE["Makefile"])
NEWER = MAKEFILE.replace("three:\n\ttrue", "three:\n\tnewer")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, with single spaces."""
    printed = capsys.readouterr()
    return re.sub(r" +", " ", printed.out + printed.err)


def test_where_the_owner_changed_nothing_all_is_taken(
    project: Path, upgrade: Upgrade, capsys: pytest.CaptureFixture[str]
) -> None:
    """Changes, new files, removals and run bits come, staged; names are the project's, and its own files stay."""
    new = {"Makefile": NEWER, "docs/page.md": None, ".ci/new": "#!/bin/sh\n", "docs/new.md": "of " + "digit" + "line\n"}
    assert upgrade(new, address="https://host/owner/name") == 0
    assert short(project) == ["A  .ci/new", "M  Makefile", "A  docs/new.md", "D  docs/page.md", "M  pyproject.toml"]
    assert (project / ".ci/new").stat().st_mode & 0o100
    assert (project / "docs/new.md").read_text() == "of my-model\n"
    assert {name: (project / name).read_text() for name in OWN} == OWN
    assert [each.name for each in (project / "vendor").iterdir()] == ["mainline-2-py3-none-any.whl"]
    pinned = vendored.pinned(project)
    assert pinned
    assert pinned.version == "2"
    assert template.remembered(project) == "https://host/owner/name"
    text = said(capsys)
    for row in (
        "new 3 .ci/new docs/new.md vendor/mainline-2-py3-none-any.whl",
        f"changed 3 Makefile pyproject.toml {vendored.PINNED}",
        "removed 2 docs/page.md vendor/mainline-1-py3-none-any.whl",
        "make setup && make test",
    ):
        assert f" {row}\n" in text


def test_a_second_time_there_is_nothing_to_do(
    project: Path, upgrade: Upgrade, capsys: pytest.CaptureFixture[str]
) -> None:
    """Committed, the same line again changes nothing and ends with 0."""
    assert upgrade({"Makefile": NEWER}) == 0
    commit_all(project, "Upgrade")
    before = state(project)
    said(capsys)
    assert upgrade({"Makefile": NEWER}) == 0
    assert said(capsys) == "✓ nothing to do: the line is 2 already\n"
    assert state(project) == before


def test_the_address_of_last_time_stays_and_gives_way_to_another(project: Path, upgrade: Upgrade) -> None:
    """Also from a folder or a wheel, which have none, and whatever else changes in pyproject.toml."""
    newer = {"pyproject.toml": PYPROJECT.replace("ruff>=0.11", "ruff>=0.12")}
    rounds = (("2", "https://host/a", {"Makefile": NEWER}), ("3", None, newer), ("4", "https://host/b", {}))
    for version, address, changed in rounds:
        assert upgrade(changed, version, address) == 0
        commit_all(project, version)
        assert template.remembered(project) == (address or "https://host/a")
    assert (project / "pyproject.toml").read_text().count("[tool.mainline]") == 1


def test_changes_in_other_lines_are_merged(project: Path, upgrade: Upgrade, capsys: pytest.CaptureFixture[str]) -> None:
    """Both sides' lines are in the file, and a file that the line did not change stays the owner's."""
    owned(project, {"Makefile": MAKEFILE.replace("one:\n\ttrue", "one:\n\tours"), "docs/page.md": "ours\n"})
    assert upgrade({"Makefile": NEWER}) == 0
    assert (project / "Makefile").read_text() == "one:\n\tours\n\ntwo:\n\ttrue\n\nthree:\n\tnewer\n"
    assert (project / "docs/page.md").read_text() == "ours\n"
    assert "merged with yours 1 Makefile" in said(capsys)


def test_what_the_owner_has_already_is_no_news(project: Path, upgrade: Upgrade) -> None:
    """A change that both made alike is neither a conflict nor a change."""
    owned(project, {"Makefile": NEWER})
    assert upgrade({"Makefile": NEWER}) == 0
    assert short(project) == []


def test_a_conflict_is_as_git_leaves_one(project: Path, upgrade: Upgrade, capsys: pytest.CaptureFixture[str]) -> None:
    """Markers in the file, three stages in the index, exit 3 until it is settled; the rest of the upgrade is there."""
    owned(project, {"Makefile": MAKEFILE.replace("three:\n\ttrue", "three:\n\tours")})
    assert upgrade({"Makefile": NEWER, "docs/new.md": "new\n"}) == 3
    assert "UU Makefile" in short(project)
    text = (project / "Makefile").read_text()
    assert re.search(r"<<<<<<< .*\n\tours\n=======\n\tnewer\n>>>>>>> .*Upgrade the line to 2", text)
    assert (project / "docs/new.md").read_text() == "new\n"
    printed = said(capsys)
    assert "in conflict 1 Makefile" in printed
    assert "`git status` shows them" in printed
    for side, line in (("--theirs", "newer"), ("--ours", "ours")):
        subprocess.run(["git", "checkout", "--quiet", side, "Makefile"], cwd=project, check=True)
        assert f"three:\n\t{line}\n" in (project / "Makefile").read_text()
    before = state(project)
    assert start.start(project, None, None) == 3
    assert "Makefile: changed by both" in said(capsys)
    assert state(project) == before
    commit_all(project, "Settled")
    assert upgrade({"Makefile": NEWER, "docs/new.md": "new\n"}) == 0
    assert "nothing to do" in said(capsys)


@pytest.mark.parametrize(
    ("ours", "new", "shown", "kind", "kept"),
    [
        ({"docs/page.md": "ours\n"}, {"docs/page.md": None}, "UD docs/page.md", "removed from the line", b"ours\n"),
        ({"docs/new.md": "ours\n"}, {"docs/new.md": "new\n"}, "AA docs/new.md", "added by both", b"\nours\n"),
        ({"docs/images/a.png": b"\0ours"}, {"docs/images/a.png": b"\0new"}, "UU docs/images/a.png", "both", b"\0ours"),
    ],
)
def test_nothing_of_the_owners_is_dropped_or_written_over(
    project: Path,
    upgrade: Upgrade,
    capsys: pytest.CaptureFixture[str],
    ours: dict[str, str],
    new: dict[str, str],
    shown: str,
    kind: str,
    kept: bytes,
) -> None:
    """A changed file that the line removed, a path that both took, bytes that cannot be merged: a conflict, kept."""
    owned(project, ours)
    assert upgrade(new) == 3
    assert short(project) == [shown]
    assert kept in (project / shown[3:]).read_bytes()
    assert kind in said(capsys)


def test_what_the_owner_removed_stays_away_and_is_named(
    project: Path, upgrade: Upgrade, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no conflict; where the line has not changed it, nothing is said."""
    owned(project, {"docs/page.md": None, "docs/images/a.png": None})
    assert upgrade({"docs/page.md": "# Newer\n"}) == 0
    assert not (project / "docs").joinpath("page.md").exists()
    assert "left away, as you did 1 docs/page.md" in said(capsys)
    assert short(project) == []


def test_packages_are_merged_one_by_one(project: Path, upgrade: Upgrade) -> None:
    """The owner's own package stays beside the line's newer versions, in the pins and in pyproject.toml."""
    text, pins = (project / "pyproject.toml").read_text(), str(LINE["requirements/dev.txt"])
    ours = text.replace('    "pandas', '    "lightgbm>=4",\n    "pandas')
    owned(project, {"pyproject.toml": ours, "requirements/dev.txt": "lightgbm==4.0 \\\n    --hash=sha256:cc\n" + pins})
    new = PYPROJECT.replace('    "numpy>=2",\n', '    "click>=8",\n').replace("pandas>=3", "pandas>=3.1")
    new_pins = "click==8.0 \\\n    --hash=sha256:dd\n" + pins.replace("3.0", "3.1").replace("bb", "ee")
    assert upgrade({"pyproject.toml": new, "requirements/dev.txt": new_pins}) == 0
    assert re.findall(r"(?m)^\w+==\S+", (project / "requirements/dev.txt").read_text()) == [
        *("click==8.0", "lightgbm==4.0", "numpy==2.0", "pandas==3.1"),
    ]
    told = (project / "pyproject.toml").read_text()
    assert told.startswith('[project]\nname = "my-model"\nversion = "0.1.0"\ndescription = "Ours"\n')
    assert '    "click>=8",\n    "pandas>=3.1", # tables\n    "lightgbm>=4",\n]' in told


def test_versions_of_one_package_that_both_changed_are_a_conflict(
    project: Path, upgrade: Upgrade, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither is taken for the other; how pins are made anew is said."""
    pins = str(LINE["requirements/dev.txt"])
    owned(project, {"requirements/dev.txt": pins.replace("pandas==3.0", "pandas==3.0.1")})
    assert upgrade({"requirements/dev.txt": pins.replace("pandas==3.0", "pandas==3.1")}) == 3
    assert short(project) == ["UU requirements/dev.txt"]
    assert "make requirements" in said(capsys)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_stopped_on_its_way_it_leaves_all_as_it_was(
    project: Path, upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    """Tree, index and vendor/ are to the byte what they were, also after git has written everything."""
    owned(project, {"docs/page.md": "ours\n"})
    before, pick = state(project), merge._pick

    def stopped(root: Path, commit: str) -> None:
        pick(root, commit)
        raise stop

    monkeypatch.setattr(merge, "_pick", stopped)
    changed = {"Makefile": NEWER, "docs/page.md": "new\n", "more/new.md": "new\n", ".ci/tool": None}
    with pytest.raises(stop):
        upgrade(changed)
    assert state(project) == before
    assert not (project / "more").exists()
    assert git.dirty(project) == []
    assert len(git.git("worktree", "list", root=project).splitlines()) == 1


@pytest.mark.parametrize(
    ("there", "new", "told"),
    [
        ({"docs/new.md": "hidden\n"}, "docs/new.md", "docs/new.md: in the way of the line's own docs/new.md"),
        ({"docs/new/a.md": "a folder\n"}, "docs/new", "docs/new: in the way"),
        ({"more": "a file\n"}, "more/new.md", "more: in the way of the line's own more/new.md"),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_changes(
    project: Path, upgrade: Upgrade, there: dict[str, str], new: str, told: str
) -> None:
    """A file that git ignores, a folder where a file is to be, a file where a folder is to be."""
    if "hidden\n" in there.values():
        (project / ".git/info/exclude").write_text("docs/new.md\n")
        write(project, there)
    else:
        owned(project, there)
    before = state(project)
    with pytest.raises(ConfigError, match=re.escape(told)):
        upgrade({new: "of the line\n"})
    assert state(project) == before


def test_a_link_of_the_owners_is_not_followed(project: Path, upgrade: Upgrade, tmp_path: Path) -> None:
    """What a file was replaced with stays, and what it points to is not written to."""
    (tmp_path / "elsewhere").write_text("untouched\n")
    (project / "Makefile").unlink()
    (project / "Makefile").symlink_to(tmp_path / "elsewhere")
    commit_all(project, "A link")
    assert upgrade({"Makefile": NEWER}) == 3
    assert (tmp_path / "elsewhere").read_text() == "untouched\n"
    assert (project / "Makefile").is_symlink() or any("Makefile" in line for line in short(project))
