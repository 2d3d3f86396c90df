"""Where a new line comes from: folders, addresses and wheels, with and without a tag."""

from pathlib import Path

import pytest

from line.tests.projects import commit_all
from line.tests.upgrade.conftest import LINE, write
from mainline.errors import ConfigError
from mainline.tools import git
from mainline.upgrade import template, vendored

# as line/wheel.py does: a folder in, the wheel's path out
BUILD = """import sys, zipfile
from pathlib import Path
folder = Path(sys.argv[1]); folder.mkdir()
path = folder / "mainline-{version}-py3-none-any.whl"
with zipfile.ZipFile(path, "w") as archive:
    archive.writestr("mainline/files/Makefile", "{version}")
print(path)
"""


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A template whose tag v1 builds the wheel 1, and whose default branch the wheel 2."""
    root = tmp_path / "upstream"
    root.mkdir()
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    for version in ("1", "2"):
        write(root, {template.BUILD: BUILD.format(version=version)})
        commit_all(root, version)
        git.git("tag", f"v{version}", root=root)
    return root


@pytest.mark.parametrize(
    ("said", "place", "tag"),
    [
        ("https://host/owner/name", "https://host/owner/name", None),
        ("https://host/owner/name@v1", "https://host/owner/name", "v1"),
        ("https://me@host/owner/name", "https://me@host/owner/name", None),
        ("https://me:@host/owner/name@release/1", "https://me:@host/owner/name", "release/1"),
        ("git@host:owner/name.git", "git@host:owner/name.git", None),
        ("git@host:owner/name.git@v1", "git@host:owner/name.git", "v1"),
        ("ssh://git@host/owner/name", "ssh://git@host/owner/name", None),
        ("../template@v1", "../template", "v1"),
        ("../template", "../template", None),
        ("@v1", "@v1", None),
        ("template@", "template@", None),
    ],
)
def test_a_tag_stands_behind_the_last_at(said: str, place: str, tag: str | None) -> None:
    """An @ of a user is none, and neither is one with nothing on a side."""
    assert template.split(said) == (place, tag)


def test_an_at_in_a_folders_name_is_no_tag(tmp_path: Path) -> None:
    """What is there as it was typed is meant as a whole."""
    (tmp_path / "a@b").mkdir()
    assert template.split(f"{tmp_path}/a@b") == (f"{tmp_path}/a@b", None)
    assert template.split(f"{tmp_path}/a@b@v1") == (f"{tmp_path}/a@b", "v1")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:pw@host/name", "https://host/name"),  # pragma: allowlist secret
        ("https://t0ken@host/name", "https://host/name"),
        ("ssh://git:pw@host/name", "ssh://git@host/name"),  # pragma: allowlist secret
        ("ssh://git@host/name", "ssh://git@host/name"),
        ("git@host:name", "git@host:name"),
        ("https://host/name@v1", "https://host/name@v1"),
    ],
)
def test_no_password_is_shown_or_kept(address: str, shown: str) -> None:
    """Over http not even a user, who may be a token."""
    assert template.masked(address) == shown


def test_a_folder_an_address_and_a_tag_of_either(
    upstream: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder is taken as it stands; a tag, and what has an address, from a clone that is gone afterwards."""
    url = f"file://{upstream}"
    write(upstream, {template.BUILD: BUILD.format(version="3")})  # not committed
    for said, version, address in (
        (str(upstream), "3", None),
        (f"{upstream}@v1", "1", None),
        (url, "2", url),
        (f"{url}@v1", "1", url),
    ):
        with template.found(said, whole=False) as found:
            assert vendored.Wheel.read(found.wheel).files() == {"Makefile": version.encode()}
            assert found.address == address
        assert not found.wheel.exists()
    assert capsys.readouterr().out == "".join(
        f"fetching {each}\n" for each in (f"{upstream} at v1", url, f"{url} at v1")
    )
    git.git("clone", "--quiet", url, str(tmp_path / "clone"), root=tmp_path)
    with template.found(str(tmp_path / "clone"), whole=False) as found:
        assert found.address == url  # which others have, and not the folder


def test_what_is_remembered_of_a_clone_has_no_password(upstream: Path) -> None:
    """Its origin may hold one."""
    git.git("remote", "add", "origin", "https://me:@host/owner/name", root=upstream)
    with template.found(str(upstream), whole=False) as found:
        assert found.address == "https://host/owner/name"


def test_history_comes_along_where_it_is_asked_for(upstream: Path) -> None:
    """A project from before there were wheels needs it, others do not."""
    for whole, count in ((True, "2"), (False, "1")):
        with template.found(f"file://{upstream}", whole=whole) as found:
            assert found.checkout
            assert git.git("rev-list", "--count", "HEAD", root=found.checkout) == count


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("nowhere", "nowhere: cannot be fetched"),
        ("{upstream}@v9", "@v9: cannot be fetched"),
        ("{folder}", "no template with a line of its own (line/wheel.py is not there)"),
        ("{folder}/x.whl", "x.whl: cannot be read as a wheel of the line"),
        ("{folder}/text.whl", "text.whl: cannot be read as a wheel of the line"),
        ("file://{folder}/t0ken:pw@/x", "file://{folder}/t0ken:pw@/x: cannot be fetched"),
    ],
)
def test_what_is_no_template_is_one_line(said: str, told: str, upstream: Path, tmp_path: Path) -> None:
    """A place that is not there, a tag that is not, a folder and a file of something else."""
    folder = tmp_path / "other"
    write(folder, {"text.whl": "no wheel"})
    fill = {"upstream": upstream, "folder": folder}
    with pytest.raises(ConfigError) as error, template.found(said.format(**fill), whole=False) as found:
        vendored.Wheel.read(found.wheel)
    assert told.format(**fill) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_build_that_fails_is_one_line(upstream: Path) -> None:
    """Its last words are given."""
    write(upstream, {template.BUILD: "raise SystemExit('pyproject.toml: says no name')"})
    with (
        pytest.raises(ConfigError, match=r"wheel cannot be built \(.*says no name\)"),
        template.found(str(upstream), whole=False),
    ):
        pass


def test_the_template_of_last_time_is_remembered(tmp_path: Path) -> None:
    """In pyproject.toml; before the first upgrade cruft may know it; else nobody does."""
    assert template.remembered(tmp_path) is None
    write(tmp_path, {".cruft.json": '{"template": "https://host/first"}'})
    assert template.remembered(tmp_path) == "https://host/first"
    write(tmp_path, {"pyproject.toml": '[tool.mainline]\ntemplate = "https://host/last"\n'})
    assert template.remembered(tmp_path) == "https://host/last"
    write(tmp_path, {"pyproject.toml": "[tool.mainline]\n", ".cruft.json": "[]"})
    assert template.remembered(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "remembered"),
    [
        ("a = 1\n", "a = 1\n\n{table}"),
        ("a = 1\n\n[tool.mainline.audit]\nb = 1\n", "a = 1\n\n{table}\n[tool.mainline.audit]\nb = 1\n"),
        ("[tool.mainline]\nb = 1\n", "{table}b = 1\n"),
        ('[tool.mainline]\ntemplate = "https://host/last"\nb = 1\n', "{table}b = 1\n"),
    ],
)
def test_an_address_is_written_once(text: str, remembered: str) -> None:
    """Where the line's other settings are, else at the end; a newer one takes its place; none changes nothing."""
    files = {"pyproject.toml": text.encode()}
    table = '[tool.mainline]\ntemplate = "https://host/a\\\\b" # where `mainline upgrade` finds the line\n'
    done = template.remember(files, "https://host/a\\b")
    assert done["pyproject.toml"].decode() == remembered.format(table=table)
    assert template.known(done["pyproject.toml"]) == "https://host/a\\b"
    assert template.remember(files, None) == files
    assert template.remember({}, "https://host/a") == {}


def test_the_pin_keeps_the_owners_own_lines(tmp_path: Path) -> None:
    """The wheel's line changes; another package that stands there stays."""
    from line.tests.upgrade.conftest import wheel

    old, new = (wheel(tmp_path, version, LINE) for version in ("1", "2"))
    text = f"# ours\n{vendored.pin('', old)}extra==1 --hash=sha256:{'0' * 64}\n"
    once = vendored.pin(text, new)
    assert once == text.replace(old.line(), new.line())
    assert vendored.pin(once, old) == text
