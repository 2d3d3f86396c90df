"""The container image, built and run for real: what it answers, what it may do, what is inside, how it stops."""

import hashlib
import http.client
import json
import os
import secrets
import shutil
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

import httpx
import pandas as pd
import pytest

from line.tests import hidden
from line.tests.projects import commit_all, edit
from mainline import ledger
from mainline.commands import lock, package
from mainline.errors import MainlineError, ToolFailed
from mainline.package import alike, bento, image, serving
from mainline.package.pinned import PREDICTIONS, Pinned
from mainline.project import Project
from mainline.tools import container as engine
from mainline.tools import dvc, git, process, unasked
from mainline.tools.container import Engine

pytestmark = [pytest.mark.image, pytest.mark.slow]

MODEL_LABELS = {
    "org.opencontainers.image.version": "version",
    "org.opencontainers.image.revision": "commit",
    "mainline.data.md5": "data_hash",
    "mainline.gate.verdict": "gate_verdict",
}


@dataclass(frozen=True)
class Packed:
    """A project whose image was built."""

    root: Path
    engine: Engine
    tag: str

    def inspect(self, template: str) -> str:
        return self.engine.run("image", "inspect", "--format", template, self.tag)

    def labels(self) -> dict[str, str]:
        return dict(json.loads(self.inspect("{{json .Config.Labels}}")))

    def layers(self) -> list[str]:
        return list(json.loads(self.inspect("{{json .RootFS.Layers}}")))

    def inside(self, *command: str) -> str:
        return self.engine.run("run", "--rm", "--entrypoint", command[0], self.tag, *command[1:])


def _tags(client: Engine) -> set[str]:
    return set(client.run("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines())


@pytest.fixture(scope="module")
def packed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packed]:
    """A project of this module's own, and its image."""
    root = tmp_path_factory.mktemp("packed") / "project"
    shutil.copytree(built, root, symlinks=True)
    if git.dirty(root):
        commit_all(root, "Build the champion")
    made = Packed(root, engine.find(), Pinned.at_head(Project(root)).tag)
    package.package(Project(root), with_image=True, with_sbom=True, audited=False)
    yield made
    image.discard(made.engine, made.tag, made.tag)


@pytest.fixture
def copy(packed: Packed, tmp_path: Path) -> Iterator[Path]:
    """The same project, to be changed; what is tagged for it goes."""
    root = tmp_path / "project"
    shutil.copytree(packed.root, root, symlinks=True)
    before = _tags(packed.engine)
    yield root
    for tag in _tags(packed.engine) - before:
        image.discard(packed.engine, tag, tag)


@contextmanager
def container(packed: Packed, *options: str) -> Iterator[tuple[str, str]]:
    """The image under the hardened flags and others, ready: its name and its address."""
    name = f"test-{os.getpid()}-{time.monotonic_ns()}"
    try:
        packed.engine.run(
            *("run", "--detach", "--name", name, "--publish", "127.0.0.1::3000", "--env", unasked.PUBLISHED),
            *(*image.HARDENED, *options, packed.tag),
        )
        address = f"http://{packed.engine.run('port', name, '3000').splitlines()[0]}"
        _eventually(lambda: _ready(address))
        yield name, address
    finally:
        packed.engine.run("rm", "--force", "--volumes", name, check=False)


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=2).is_success
    except httpx.HTTPError:
        return False


def _eventually(holds, within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.2)


def test_the_image_answers_as_was_judged(packed: Packed) -> None:
    """Read-only and without capabilities, its answers for the dev rows equal predictions/ to the last bit."""
    rows = alike.questions(Pinned.at_head(Project(packed.root)))
    wanted = pd.read_parquet(packed.root / "predictions/dev.parquet").drop(columns="row_id")
    assert not {"row_id", "target"} & set(rows.columns)
    with image.running(packed.engine, packed.tag) as address:
        pd.testing.assert_frame_equal(serving.predict(address, rows), wanted, check_exact=True)


def test_an_image_that_answers_otherwise_gets_no_tag(packed: Packed, copy: Path) -> None:
    """A model whose answers for three rows are not those it was judged by fails the build in one line."""
    answers = pd.read_parquet(copy / PREDICTIONS)
    answers.loc[[0, 5, 9], "prediction"] = (answers.loc[[0, 5, 9], "prediction"] + 1) % 10
    (copy / PREDICTIONS).unlink()
    answers.to_parquet(copy / PREDICTIONS)
    lock = (copy / dvc.LOCK).read_text()
    before = dvc.outputs(lock)[PREDICTIONS]
    (copy / dvc.LOCK).write_text(lock.replace(before, hashlib.md5((copy / PREDICTIONS).read_bytes()).hexdigest()))
    commit_all(copy, "Claim other answers")
    tags, running = _tags(packed.engine), packed.engine.run("ps", "--all", "--quiet")
    with pytest.raises(MainlineError, match=rf"^the image answers 3 of {len(answers)} dev rows otherwise than [^\n]*$"):
        package.package(Project(copy), with_image=True, with_sbom=False, audited=False)
    assert _tags(packed.engine) == tags
    assert packed.engine.run("ps", "--all", "--quiet") == running


def test_an_image_that_does_not_start_says_why(packed: Packed, copy: Path) -> None:
    """A service that breaks on loading fails the build with its reason, and no container stays."""
    with (copy / "src/service/predictor.py").open("a") as code:
        code.write("\nimport os\nif os.getuid():\n    raise RuntimeError('no rows today')\n")
    commit_all(copy, "Break the service")
    with pytest.raises(ToolFailed, match=r"did not become ready: .*no rows today"):
        package.package(Project(copy), with_image=True, with_sbom=False, audited=False)
    assert Pinned.at_head(Project(copy)).tag not in _tags(packed.engine)


def test_the_image_is_small_and_of_nobody(packed: Packed) -> None:
    """It takes less than 600 MB, runs as a number that is not root, and starts the server without a shell."""
    assert int(packed.inspect("{{.Size}}")) < 600_000_000
    assert packed.inspect("{{.Config.User}}") == "1034:1034"
    assert json.loads(packed.inspect("{{json .Config.Entrypoint}}")) == ["bentoml", "serve", "/bento"]
    assert packed.inside("id", "-u") == "1034"


def test_the_image_holds_what_serving_needs_and_no_more(packed: Packed) -> None:
    """No data, no training's tools, no compiler, no tests; nothing of it is the user's to change."""
    paths = packed.inside("sh", "-c", "find / -xdev 2>/dev/null || true").splitlines()
    names = {Path(path).name for path in paths}
    assert {"model.skops", "signature.json", "provenance.json", "predictor.py"} <= names
    programs = {Path(path).name for path in paths if Path(path).parent.name in ("bin", "sbin", "site-packages")}
    assert programs & {"mlflow", "dvc", "pytest", "uv", "gcc", "cc", "make", "git"} == set()
    assert [path for path in paths if path.startswith("/venv/") and Path(path).name in ("tests", "test")] == []
    assert [path for path in paths if path.endswith((".parquet", "/dvc.lock", ".env", "/.git"))] == []
    writable = "find /venv /bento /usr /etc -writable -not -type l 2>/dev/null || true"
    assert packed.inside("sh", "-c", writable) == ""


def test_the_health_check_sees_health(packed: Packed) -> None:
    """The container becomes healthy by the image's own check."""
    status = ("inspect", "--format", "{{.State.Health.Status}}")
    with container(packed, "--health-interval", "1s") as (name, _):
        _eventually(lambda: packed.engine.run(*status, name) == "healthy")


def test_the_health_check_sees_illness(packed: Packed) -> None:
    """A container whose server does not answer is unhealthy."""
    status = ("inspect", "--format", "{{.State.Health.Status}}")
    short = ("--health-interval", "1s", "--health-retries", "1", "--health-start-period", "1s")
    name = packed.engine.run("run", "--detach", *short, "--entrypoint", "sleep", packed.tag, "60")
    try:
        _eventually(lambda: packed.engine.run(*status, name) == "unhealthy")
    finally:
        packed.engine.run("rm", "--force", name)


def test_a_stop_lets_the_request_in_flight_finish(packed: Packed) -> None:
    """A request whose body is still on its way when SIGTERM comes is answered, and the server ends well after it."""
    rows = alike.questions(Pinned.at_head(Project(packed.root)))
    body = json.dumps({"rows": json.loads(rows.to_json(orient="records"))}).encode()
    with container(packed) as (name, address):
        client = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
        client.putrequest("POST", "/predict")
        client.putheader("Content-Type", "application/json")
        client.putheader("Content-Length", str(len(body)))
        client.endheaders(body[:1000])
        time.sleep(0.5)
        stopping = threading.Thread(target=packed.engine.run, args=("stop", "--time", "30", name))
        stopping.start()
        _eventually(lambda: not _ready(address))  # it takes no new ones: the signal has come
        client.send(body[1000:])
        answer = client.getresponse()
        assert answer.status == 200
        assert len(json.loads(answer.read())["predictions"]) == len(rows)
        client.close()
        stopping.join()
        assert packed.engine.run("inspect", "--format", "{{.State.ExitCode}}", name) == "0"


def test_labels_and_service_tell_the_same(packed: Packed) -> None:
    """Version, commit, data and verdict are the same in the labels, at GET /model, and in the project."""
    labels, pinned = packed.labels(), Pinned.at_head(Project(packed.root))
    with container(packed) as (_, address):
        told = httpx.get(f"{address}/model").json()
    assert {label: labels[label] for label in MODEL_LABELS} == {k: told[v] for k, v in MODEL_LABELS.items()}
    assert labels["org.opencontainers.image.revision"] == pinned.commit
    assert labels["mainline.model.md5"] == dvc.md5(packed.root / "models/model.skops")
    assert labels["mainline.data.md5"] == dvc.md5(packed.root / "data/raw.parquet")
    assert labels["mainline.lock.sha256"] == hashlib.sha256((packed.root / dvc.LOCK).read_bytes()).hexdigest()
    assert labels["mainline.gate.verdict"] == "none"
    assert packed.tag == f"digitline:{labels['org.opencontainers.image.version']}"


def test_a_verdict_gets_into_the_labels(packed: Packed, copy: Path) -> None:
    """The gate's decision about this model shows in the image's label and at GET /model."""
    (copy / "models/card.md").write_text("# Judged\n")
    commit_all(copy, "Merge")
    pinned = Pinned.at_head(Project(copy))
    for model, verdict in ((pinned.model, "NOT CERTIFIED"), (pinned.model, "PASS"), ("another", "NOT CERTIFIED")):
        decision = {"kind": "decision", "generation": 0, "verdict": verdict, "challenger": {"model": model}}
        assert ledger.append(copy, ledger.read(copy), decision)
    package.package(Project(copy), with_image=True, with_sbom=False, audited=False)
    made = Packed(copy, packed.engine, pinned.tag)
    assert made.labels()["mainline.gate.verdict"] == "PASS"
    with container(made) as (_, address):
        assert httpx.get(f"{address}/model").json()["gate_verdict"] == "PASS"


def test_the_same_again_is_the_same(packed: Packed, capsys: pytest.CaptureFixture[str]) -> None:
    """A second build has the same tag, and every layer from the cache."""
    before, identity = packed.layers(), packed.inspect("{{.Id}}")
    package.package(Project(packed.root), with_image=True, with_sbom=False, audited=False)
    assert f"image {packed.tag}: its answers for" in capsys.readouterr().out
    assert (packed.layers(), packed.inspect("{{.Id}}")) == (before, identity)


def test_a_new_model_installs_nothing(packed: Packed, copy: Path) -> None:
    """With another commit only the last layers are new: the packages' stay."""
    (copy / "models/card.md").write_text("# Another card\n")
    commit_all(copy, "Say it better")
    package.package(Project(copy), with_image=True, with_sbom=False, audited=False)
    other = Packed(copy, packed.engine, Pinned.at_head(Project(copy)).tag)
    assert other.tag != packed.tag
    assert other.layers()[:-1] == packed.layers()[:-1]
    assert other.layers()[-1] != packed.layers()[-1]


def test_bentoml_makes_the_same_image(packed: Packed) -> None:
    """`bentoml containerize` of the Bento gives the same layers and labels as `mainline package --image`."""
    env = {**bento.environment(packed.root / bento.HOME), **dict(packed.engine.environment)}
    tag = "mainline-test:containerize"
    there = Path(tempfile.gettempdir())  # elsewhere it refuses its own copy of the template: bentoml's issue 5566
    process.capture(["bentoml", "containerize", packed.tag, "--image-tag", tag], cwd=there, env=env)
    other = Packed(packed.root, packed.engine, tag)
    try:
        assert other.labels() == packed.labels()
        assert other.layers()[:-1] == packed.layers()[:-1]
    finally:
        image.discard(packed.engine, tag, tag)


def test_records_survive_in_a_volume(packed: Packed) -> None:
    """With a volume at /records what was predicted is written there, by the user who is not root."""
    rows = alike.questions(Pinned.at_head(Project(packed.root))).head(2)
    volume = f"test-{os.getpid()}-{time.monotonic_ns()}"
    try:
        with container(packed, "--volume", f"{volume}:/records", "--env", "RECORDS_FOLDER=/records") as (name, address):
            serving.predict(address, rows)
            packed.engine.run("stop", name)
        written = packed.engine.run(
            "run",
            "--rm",
            "--volume",
            f"{volume}:/records",
            "--entrypoint",
            "sh",
            packed.tag,
            "-c",
            "cat /records/*.jsonl",
        )
        lines = [json.loads(line) for line in written.splitlines()]
        assert lines[0]["kind"] == "columns"
        assert [line["rows"] for line in lines if line["kind"] == "predictions"] == [2]
    finally:
        packed.engine.run("volume", "rm", "--force", volume)


def test_the_list_of_contents_names_the_images_packages(packed: Packed) -> None:
    """The list written beside an image has Python's packages, the model, and Debian's."""
    version = packed.tag.partition(":")[2]
    listed = json.loads((packed.root / f".mainline/sbom/digitline-{version}.cdx.json").read_text())
    urls = {each.get("purl", "").split("@")[0] for each in listed["components"]}
    assert {"pkg:pypi/bentoml", "pkg:pypi/scikit-learn", "pkg:deb/debian/libc6"} <= urls
    assert listed["metadata"]["component"]["type"] == "container"


class Registry(BaseHTTPRequestHandler):
    """A registry that takes layers, knows their sizes, and keeps the manifests it is sent."""

    protocol_version = "HTTP/1.1"
    manifests: ClassVar[dict[str, bytes]] = {}
    sizes: ClassVar[dict[str, int]] = {}

    def do_GET(self) -> None:
        self._answer(200)

    def do_HEAD(self) -> None:
        size = self.sizes.get(self.path.rpartition("/")[2])
        self._answer(404 if size is None else 200, {"Content-Length": str(size or 0)})

    def do_POST(self) -> None:
        self._answer(202, {"Location": f"{self.path}{secrets.token_hex(8)}", "Range": "0-0"})

    def do_PATCH(self) -> None:
        self.sizes[self.path] = sum(map(len, self._chunks()))
        self._answer(202, {"Location": self.path, "Range": f"0-{max(0, self.sizes[self.path] - 1)}"})

    def do_PUT(self) -> None:
        text = b"".join(self._chunks())
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        if "/manifests/" in self.path:
            self.manifests[self.path] = text
        else:
            upload, _, digest = unquote(self.path).partition("?digest=")
            self.sizes[digest] = self.sizes.get(upload, 0) + len(text)
        self._answer(201, {"Docker-Content-Digest": digest})

    def _chunks(self) -> Iterator[bytes]:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, code: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": "0", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_pushed_image_is_known_by_its_digest_there(
    packed: Packed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The digest that is said is that of the manifest the registry got, under the version as its tag."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before = _tags(packed.engine)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "said"))
    name = f"127.0.0.1:{server.server_port}/Someone/Digits"
    package.package(Project(packed.root), with_image=True, with_sbom=False, audited=False, push=name)
    server.shutdown()
    said = dict(line.split("=", 1) for line in (tmp_path / "said").read_text().splitlines())
    version = packed.tag.partition(":")[2]
    manifest = Registry.manifests[f"/v2/someone/digits/manifests/{version}"]
    assert said["image"] == f"{name.lower()}@sha256:{hashlib.sha256(manifest).hexdigest()}"
    assert (said["version"], said["name"]) == (version, name.lower())
    assert said["image"].endswith(said["digest"])
    assert _tags(packed.engine) == before


def test_what_is_inside_an_image_that_is_there_can_be_listed(packed: Packed) -> None:
    """As for a release, which builds none: the same list as when it was built."""
    place = packed.root / ".mainline/sbom" / f"{packed.tag.replace(':', '-')}.cdx.json"
    package.package(Project(packed.root), with_image=True, with_sbom=True, audited=False)
    text = place.read_text()
    place.unlink()
    package.package(Project(packed.root), with_image=False, with_sbom=True, audited=False, of=packed.tag)
    assert place.read_text() == text


def test_a_private_word_is_in_no_image(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a layer, a later one's removals included, nor in what the image says of itself."""
    monkeypatch.setenv("DATA_KEY", hidden.KEY)
    table = tmp_path / "outside/people.csv"
    hidden.write(table, hidden.rows())
    edit(project, **hidden.about(table))
    lock.refresh(Project(project))
    commit_all(project, "People")
    made = Packed(project, engine.find(), Pinned.at_head(Project(project)).tag)
    package.package(Project(project), with_image=True, with_sbom=True, audited=False)
    unpacked = tmp_path / "image"
    try:
        made.engine.run("save", "--output", str(tmp_path / "image.tar"), made.tag)
        with tarfile.open(tmp_path / "image.tar") as saved:
            saved.extractall(unpacked, filter="data")
        name = made.engine.run("create", made.tag)
        try:
            made.engine.run("cp", f"{name}:/bento", str(unpacked / "bento"))
        finally:
            made.engine.run("rm", name)
    finally:
        image.discard(made.engine, made.tag, made.tag)
    assert not hidden.holding(hidden.WORD, unpacked, project / ".mainline")
    found = hidden.holding(hidden.PLAIN, unpacked)
    assert any(name.endswith("signature.json") for name in found)
    assert any(name.endswith("/layer.tar") or name.startswith("blobs/") for name in found)
