"""What the line, DVC and cruft write goes into a commit with the hooks on; a secret in the same files does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from line.tests.projects import commit_all
from mainline.commands import deploy
from mainline.host import desired
from mainline.project import Project
from mainline.release import publish
from mainline.tools import dvc, git

pytestmark = pytest.mark.slow

TOP = Path(__file__).parents[3]
COPIED = (
    *(
        ".ci/tool",
        ".dvc/.gitignore",
        ".dvc/config",
        ".gitignore",
        ".pre-commit-config.yaml",
        "data/source/.gitignore",
        "data/stream/.gitignore",
    ),
    *("dvc.lock", "dvc.yaml", "models/card.md", "params.yaml", "pyproject.toml", "requirements/service.txt"),
)
IMAGE = "registry.example/model@sha256:" + "1f" * 32
COMMIT = "9e3fa081cf05edf27227c33fcb1470f5c5bd89fd"  # pragma: allowlist secret
CRUFT = """{
  "template": "https://host.example/template",
  "commit": "COMMIT",
  "checkout": null,
  "context": {
    "cookiecutter": {
      "project_slug": "my-model",
      "_commit": "COMMIT"
    }
  }
}
""".replace("COMMIT", COMMIT)
VERSIONED = """outs:
- path: versioned.csv
  hash: md5
  cloud:
    storage:
      etag: 9b2cf535f27731c974343645a3985328-12
      version_id: LiyuG4HXtyaCjR8rXMSeqKgkJSUeaBCm
"""
# in two parts each, so that this file holds none
KEY, ADDRESS = "AKIA" + "QYLPMN5HFIQR7XYZ", "https://me:" + "s3cret-word@host.example/x"
HEX = "62abd3b35ca3f90339b7b694" + "e0f09510"  # pragma: allowlist secret
SECRETS = {
    "deploy/canary.env": f"IMAGE={KEY}",
    "deploy/production.env": f"DATADOG_API_KEY={HEX}",
    "data/source/t.csv.dvc": f"desc: {KEY}",
    "elsewhere/t.csv.dvc": f"desc: {HEX}",
    ".cruft.json": f'{{"_template": "{ADDRESS}"}}',
    ".dvc/config": f"    url = {ADDRESS}",
    "dvc.lock": f"# {KEY}",
    "models/card.md": f"<{ADDRESS}>",
    "params.yaml": f"monitor: {{ url: {ADDRESS} }}",
    "requirements/service.txt": f"--index-url {ADDRESS}",
}


def run(root: Path, *command: str) -> None:
    """A program that has to end well."""
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def hooked(tmp_path: Path) -> Path:
    """What of this project git, DVC and the hooks are set up by, on main, with the hooks that `make setup` installs."""
    root = tmp_path / "project"
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / name, root / name)
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    for key, value in {"user.name": "Test", "user.email": "test@localhost", "commit.gpgsign": "false"}.items():
        git.git("config", key, value, root=root)
    commit_all(root, "Begin")
    run(root, "pre-commit", "install")
    return root


def write_all(root: Path) -> None:
    """What a project's owner is made to commit, written by the real tools where they can do it here."""
    (root / "elsewhere").mkdir()
    for name in ("data/source/t.csv", "elsewhere/t.csv", "elsewhere/u.csv"):
        (root / name).write_text(f"a,b\n1,{name}\n")
    origin = root.parent / "registry"
    origin.mkdir()
    run(origin, "git", "init", "--quiet", "--initial-branch=main")
    run(origin, "dvc", "init", "--quiet")
    (origin / "shared.csv").write_text("a\n1\n")
    run(origin, "dvc", "add", "--quiet", "shared.csv")
    run(origin, "git", "add", "--all")
    run(origin, "git", "-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "--quiet", "-m", "Share")
    run(root, "dvc", "add", "--quiet", "data/source/t.csv", "elsewhere/t.csv")
    run(root, "dvc", "import", "--quiet", str(origin), "shared.csv", "--out", "elsewhere/shared.csv")
    run(root, "dvc", "import-url", "--quiet", str(origin / "shared.csv"), "elsewhere/copied.csv")
    (root / "elsewhere/versioned.csv.dvc").write_text(VERSIONED)
    run(root, "dvc", "remote", "add", "--quiet", "--default", "storage", "ssh://me@host.example/storage")
    run(root, "dvc", "remote", "modify", "--quiet", "storage", "ask_password", "true")
    (root / ".cruft.json").write_text(CRUFT)


def test_what_the_tools_write_is_committed(hooked: Path) -> None:
    """*.dvc of each kind, DVC's settings and ignore files, .cruft.json, a lock and a card with other hashes."""
    write_all(hooked)
    pinned = dvc.outputs((hooked / "dvc.lock").read_text())["models/model.skops"]
    for name in ("dvc.lock", "models/card.md"):
        (hooked / name).write_text((hooked / name).read_text().replace(pinned, HEX))
    git.git("add", "--all", root=hooked)
    git.git("commit", "--quiet", "--message", "What the tools write", root=hooked)
    said = git.git("show", "--name-only", "--format=", "HEAD", root=hooked).split()
    written = {".cruft.json", ".dvc/config", "data/source/t.csv.dvc", "dvc.lock", "elsewhere/.gitignore"}
    assert written | {"elsewhere/shared.csv.dvc", "elsewhere/copied.csv.dvc", "models/card.md"} <= set(said)
    assert git.dirty(hooked) == []


def test_no_hook_changes_a_row_or_what_a_tool_writes(hooked: Path) -> None:
    """Blanks at the end of a line, and an end without one, stay in data; in prose they are what the hook mends."""
    written = {
        "data/source/t.csv": "a,b \n1,2 ",
        "data/t.csv.dvc": "outs:\n- path: \n    t.csv\n",
        "notes.md": "Notes \n",
    }
    for name, text in written.items():
        (hooked / name).write_text(text)
    git.git("add", "--force", *written, root=hooked)
    for hook in ("whitespace", "end-of-file"):
        subprocess.run(["pre-commit", "run", hook], cwd=hooked, capture_output=True, check=False)
    assert [name for name, text in written.items() if (hooked / name).read_text() != text] == ["notes.md"]


def test_the_hooks_find_their_tools_where_the_environment_is_not_active(hooked: Path) -> None:
    """As in an editor: the project's own .venv has them; without it they are missed."""
    plain = {**os.environ, "PATH": os.defpath}
    commit = ["git", "commit", "--quiet", "--allow-empty", "--message", "From an editor"]
    (hooked / "notes.md").write_text("Notes\n")
    git.git("add", "notes.md", root=hooked)
    assert subprocess.run(commit, cwd=hooked, env=plain, capture_output=True, check=False).returncode == 1
    (hooked / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(commit, cwd=hooked, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_line_commits_itself_is_committed(hooked: Path) -> None:
    """deploy and rollback, as they stand; no word of a hook is left in the way of a release."""
    lock = git.show("HEAD", dvc.LOCK, hooked) or ""
    version = f"{git.git('rev-parse', '--short=12', 'HEAD', root=hooked)}-{dvc.outputs(lock)['models/model.skops'][:8]}"
    for name in ("canary", "production"):
        wanted = deploy.deploy(Project(hooked), name, version=version, image=IMAGE, force=True)
        assert publish.carry_out(Project(hooked), wanted)
        assert "MODEL_COMMIT" in (git.show("HEAD", desired.FILES[name], hooked) or "")


def test_no_output_of_a_notebook_is_committed(hooked: Path) -> None:
    """A notebook that was run is refused, and cleaned where it lies; added again it is committed, without its rows."""
    name, row = "notebooks/mine.ipynb", "Ann,0171 23456"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('"a table"', execution_count=3, id="0")])
    book.cells[0].outputs = [nbformat.v4.new_output("stream", text=row)]
    (hooked / "notebooks").mkdir()
    nbformat.write(book, hooked / name)
    commit = ["git", "commit", "--message", "Look"]
    git.git("add", name, root=hooked)
    done = subprocess.run(commit, cwd=hooked, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no output in notebooks" in done.stdout + done.stderr
    git.git("add", name, root=hooked)
    run(hooked, *commit)
    kept = git.show("HEAD", name, hooked) or ""
    assert "a table" in kept
    assert row not in kept
    assert '"execution_count": null' in kept


def test_a_secret_in_the_same_files_is_refused(hooked: Path) -> None:
    """No file is left out: each of these is named; without the secrets, none is."""
    write_all(hooked)
    (hooked / "deploy").mkdir(exist_ok=True)
    for name, line in SECRETS.items():
        path = hooked / name
        before = path.read_text() if path.exists() and name != ".cruft.json" else ""
        path.write_text(f"{before}{line}\n")
    git.git("add", "--force", *SECRETS, root=hooked)
    command = ["pre-commit", "run", "secrets", "--files", *SECRETS]
    done = subprocess.run(command, cwd=hooked, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert [name for name in SECRETS if f" {name}:" not in done.stdout] == []
    (hooked / "key.dvc").write_text("-----BEGIN RSA " + "PRIVATE KEY-----\n")
    git.git("add", "key.dvc", root=hooked)
    done = subprocess.run(["git", "commit", "-m", "x"], cwd=hooked, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "key.dvc" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("md5: 62abd3b35ca3f90339b7b694" + "e0f09510", False),
        ("MODEL_COMMIT=" + COMMIT, False),
        (' "base": "' + COMMIT + '",', False),
        (' "stream": "62abd3b35ca3f90339b7b694' + 'e0f09510",', False),
        (' "train_rows": "62abd3b35ca3f90339b7b694' + 'e0f09510",', False),
        ("ask_password = true", False),
        ("token: '62abd3b35ca3f90339b7b694" + "e0f09510'", True),
        ("md5: '62abd3b35ca3f90339b7b694" + "e0f09510' # and 'a7c1d3b35ca3f90339b7b694" + "e0f09511'", True),
        ("MODEL_COMMIT='wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCYzzzzzzzKEY'", True),
        ("password = 'tr" + "ue-friends'", True),
    ],
)
def test_a_hash_passes_on_its_own_line_only(hooked: Path, line: str, secret: bool) -> None:
    """By its key and its whole shape, in whatever file."""
    (hooked / "some.txt").write_text(f"{line}\n")
    git.git("add", "some.txt", root=hooked)
    done = subprocess.run(["pre-commit", "run", "secrets"], cwd=hooked, capture_output=True, text=True, check=False)
    assert (done.returncode == 1) == secret, done.stdout
