"""Where the pinned files are: a real S3 API as DVC's remote, and remotes that cannot be used, each one line."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline.errors import ToolFailed
from mainline.tools import dvc, git, storage

pytestmark = pytest.mark.slow

TOP = Path(__file__).parents[3]
STAGES = "stages:\n  train: {cmd: echo model >model, outs: [model]}\n"


@pytest.fixture
def bucket() -> Iterator[str]:
    """The address of a server that speaks S3, with a bucket called models."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="models")
    yield address
    server.stop()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one stage, built; its user may use an S3 store."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    root = tmp_path / "project"
    git.git("init", "--quiet", "--initial-branch=main", str(root), root=tmp_path)
    dvc.dvc("init", "--quiet", root=root)
    (root / "dvc.yaml").write_text(STAGES)
    dvc.repro(root, quiet=True)
    commit_all(root, "Build")
    return root


def use(root: Path, url: str, endpoint: str = "") -> None:
    """Have a remote."""
    dvc.dvc("remote", "add", "--default", "store", url, root=root)
    if endpoint:
        dvc.dvc("remote", "modify", "store", "endpointurl", endpoint, root=root)
    commit_all(root, "Use a remote")


def test_an_s3_store_is_a_remote(project: Path, bucket: str, tmp_path: Path) -> None:
    """What was pushed there is found in a fresh clone; what was not is known by name."""
    use(project, "s3://models/ours", bucket)
    assert storage.unshared(project) == ["model"]
    storage.push(project)
    assert storage.unshared(project) == []
    git.git("clone", "--quiet", str(project), str(tmp_path / "clone"), root=tmp_path)
    assert storage.materialise(tmp_path / "clone")
    assert (tmp_path / "clone/model").read_text() == "model\n"


@pytest.mark.parametrize(
    ("url", "endpoint", "said"),
    [
        ("s3://models/ours", "http://127.0.0.1:9", "cannot be used: Could not connect"),
        ("gs://models/ours", "", "requires 'dvc-gs' to be installed; run `make remote`"),
        ("azure://models/ours", "", "run `make remote`"),
        ("ssh://localhost/ours", "", "run `make remote`"),
    ],
)
def test_a_remote_that_cannot_be_used_is_one_line(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str, endpoint: str, said: str
) -> None:
    """Whether files are sent, counted or fetched; a fetch warns, since what it misses can be built."""
    use(project, url, endpoint)
    for ask in (storage.push, storage.unshared):
        with pytest.raises(ToolFailed) as refused:
            ask(project)
        assert said in str(refused.value)
        assert "\n" not in str(refused.value)
    git.git("clone", "--quiet", str(project), str(tmp_path / "clone"), root=tmp_path)
    assert not storage.materialise(tmp_path / "clone")
    if not endpoint:
        assert "run `make remote`" in " ".join(capsys.readouterr().err.split())


def test_a_file_that_cannot_be_written_is_one_line(project: Path) -> None:
    """As on a full disk; nothing that is there is touched."""
    (project / "dvc.yaml").write_text(
        STAGES.replace("echo model >model", "mkdir -p deep && echo >deep/er").replace(
            "outs: [model]", "outs: [deep/er]"
        )
    )
    dvc.repro(project, quiet=True)
    shutil.rmtree(project / "deep")
    (project / "deep").write_text("somebody's\n")
    with pytest.raises(ToolFailed, match=r"^deep/er: cannot be brought from DVC's cache: Not a directory$"):
        storage.materialise(project)
    assert (project / "deep").read_text() == "somebody's\n"


def test_who_lacks_nothing_waits_for_nobody(project: Path) -> None:
    """While another command of DVC is at it: what is there is seen without its lock, what is missing is not."""
    with dvc.opened(project) as repo, repo.lock:
        assert storage.materialise(project)
        (project / "model").unlink()
        with pytest.raises(ToolFailed, match="lock"):
            storage.materialise(project)


def test_a_build_beside_a_remote_that_cannot_be_used_says_why(project: Path) -> None:
    """The cause, and none of DVC's closing words; nothing that was built is lost."""
    use(project, "s3://models/ours", "http://127.0.0.1:9")
    (project / "dvc.yaml").write_text(STAGES.replace("echo model", "echo other"))
    with pytest.raises(ToolFailed, match=r"^Could not connect to the endpoint URL"):
        dvc.repro(project, quiet=True)
    assert (project / "model").read_text() == "model\n"


@pytest.mark.parametrize(
    ("url", "installs"),
    [("s3://a/b", False), ("/somewhere", False), ("gs://a/b", True), ("azure://a/b", True), ("ssh://a/b", True)],
)
def test_make_remote_installs_what_the_kind_of_remote_needs(tmp_path: Path, url: str, installs: bool) -> None:
    """CI's secret becomes the user's configuration, once, readable by nobody else; and it decides what is installed."""
    for name in ("home", "bin", "project/.ci"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "project/.ci/remote").write_bytes((TOP / ".ci/remote").read_bytes())
    git.git("init", "--quiet", str(tmp_path / "project"), root=tmp_path)
    dvc.dvc("init", "--quiet", root=tmp_path / "project")
    uv = tmp_path / "bin/uv"
    uv.write_text(f"#!/bin/sh\necho $@ >>{tmp_path}/installed\n")
    uv.chmod(0o755)
    text = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {url}\n"
    env = {"HOME": str(tmp_path / "home"), "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "DVC_CONFIG": text}
    command = ["bash", str(tmp_path / "project/.ci/remote")]
    assert subprocess.run(command, env=env, check=False).returncode == 0
    kept = tmp_path / "home/.config/dvc/config"
    assert (kept.read_text().strip(), kept.stat().st_mode & 0o077) == (text.strip(), 0)
    installed = tmp_path / "installed"
    assert ("requirements/remotes.txt" in (installed.read_text() if installed.exists() else "")) == installs
    again = subprocess.run(command, env={**env, "DVC_CONFIG": "other"}, capture_output=True, text=True, check=False)
    assert again.returncode != 0
    assert kept.read_text().strip() == text.strip()
