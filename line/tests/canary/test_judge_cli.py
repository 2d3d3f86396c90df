"""`mainline judge` as a command: real HTTP, its exit codes, its files."""

import http.server
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from line.benchmarks.world import Behaviour, Side, World
from mainline import cli, config
from mainline.canary import kept, watch
from mainline.canary.counts import Counts
from mainline.canary.judge import Opinion
from mainline.errors import JudgeError
from mainline.tools import git

HEALTHY = Behaviour()
PARAMS = "canary: {minimum: 0, baseline: 500, interval: 0.1}\n"


def text(side: Side) -> str:
    """What a service with these counters says at /metrics."""
    counts = side.counts()
    own = f'endpoint="/predict",service_version="{side.version}"'
    codes = {"500": counts.failed, "400": counts.refused, "200": counts.answered}
    lines = [f'bentoml_service_request_total{{{own},http_response_code="{c}"}} {n}' for c, n in codes.items()]
    name = f'bentoml_service_request_duration_seconds_bucket{{{own},http_response_code="200"'
    lines += [f'{name},le="{"+Inf" if le == float("inf") else le}"}} {n}' for le, n in counts.latency.items()]
    lines += [f'mainline_predictions_total{{prediction="{k}"}} {n}' for k, n in counts.predictions.items()]
    lines += [f'mainline_feedback_total{{outcome="{k}"}} {n}' for k, n in counts.feedback.items()]
    return "\n".join([*lines, f"mainline_start_time_seconds {counts.began}"]) + "\n"


class Served:
    """Both sides over HTTP. Each time the canary has been read, more requests come to both."""

    def __init__(self, behaviour: Behaviour, batch: int) -> None:
        self.world = World.of(behaviour, 1, batch=batch)
        self.reads = 0
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                side = served.world.canary if self.path.startswith("/canary") else served.world.champion
                self.wfile.write(text(side).encode())
                if side is served.world.champion:
                    served.reads += 1
                    served.more()

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        address = f"http://127.0.0.1:{self.server.server_port}"
        self.options = ["--canary", f"{address}/canary", "--champion", f"{address}/champion"]

    def more(self) -> None:
        """Serve another batch."""
        self.world.canary.serve(self.world.batch // 10)
        self.world.champion.serve(self.world.batch - self.world.batch // 10)


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Serve a canary and a production."""
    made: list[Served] = []

    def start(behaviour: Behaviour = HEALTHY, batch: int = 4000) -> Served:
        made.append(Served(behaviour, batch))
        return made[-1]

    yield start
    for each in made:
        each.server.shutdown()
        each.server.server_close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with no more than the judge needs."""
    git.git("init", "--quiet", ".", root=tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> int:
    """Run the command and answer its exit code."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["judge", *arguments])
    return int(ended.value.code or 0)


@pytest.mark.slow
@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("behaviour", "share", "code", "said"),
    [
        (Behaviour(), "0.1", 5, "may go on: "),
        (Behaviour(), "1", 0, "promoted: "),
        (Behaviour(failed=0.3), "0.1", 3, "rolled back: "),
        (Behaviour(refused=0.3), "0.1", 6, "paused: "),
    ],
)
def test_it_looks_until_there_is_an_answer(
    behaviour: Behaviour,
    share: str,
    code: int,
    said: str,
    serve: Callable[..., Served],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And ends with the code of the answer; each look is a line."""
    served = serve(behaviour)
    assert run(*served.options, "--share", share) == code
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == served.reads > 1
    assert said in lines[-1]
    assert all("held: " in line for line in lines[:-1])


@pytest.mark.slow
def test_looks_one_by_one_are_one_judge(
    project: Path, serve: Callable[..., Served], capsys: pytest.CaptureFixture[str]
) -> None:
    """--once with a state answers as the loop does; JSON is one object a look."""
    served = serve()
    codes = []
    while len(codes) < 60 and (not codes or codes[-1] == 4):
        codes.append(run(*served.options, "--once", "--json", "--state", "state.json"))
    assert codes == [4] * (len(codes) - 1) + [5]
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(said) == len(codes)
    assert said[-1]["answer"] == "next"
    assert set(said[-1]["signals"]["labels"]) == {"harm", "without_top", "non_inferiority", "canary", "champion"}
    assert said[-1]["notes"][0].startswith("each request counts as a user of its own")
    assert not (project / "state.json.partial").exists()


@pytest.mark.slow
def test_the_picture_is_written(project: Path, serve: Callable[..., Served]) -> None:
    """Anew at each look, beside the answer."""
    run(*serve().options, "--plot", "evidence.svg")
    assert (project / "evidence.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', "\x00"])
def test_a_damaged_state_is_refused(
    content: str, project: Path, serve: Callable[..., Served], capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line that names the file; it stays as it is."""
    (project / "state.json").write_text(content)
    served = serve()
    assert run(*served.options, "--once", "--state", "state.json") == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert "state.json: to begin anew, remove it" in errors[0]
    assert (project / "state.json").read_text() == content
    assert served.reads == 0


def test_a_side_that_does_not_answer_is_held(
    project: Path, serve: Callable[..., Served], capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, and no fault of the canary's."""
    options = serve().options
    options[1] = "http://127.0.0.1:1"
    assert run(*options, "--once", "--state", "state.json") == 4
    assert "the canary could not be read" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_when_the_time_is_over_the_loop_ends(serve: Callable[..., Served], project: Path) -> None:
    """With hold, if nothing else was asked for."""
    (project / "params.yaml").write_text("canary: {minimum: 0, timeout: 0.3, interval: 0.1}\n")
    assert run(*serve(batch=0).options) == 4


def test_a_clock_that_is_set_ends_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day forward between any two looks: no time-out is over."""
    days, said = itertools.count(0.0, 86_400.0), list[Opinion]()
    clock = SimpleNamespace(time=lambda: next(days), monotonic=time.monotonic, sleep=lambda _: None)
    monkeypatch.setattr(watch, "time", clock)
    monkeypatch.setattr(watch, "source", lambda *_: lambda: [Counts()])

    class Enough(Exception):
        """Three looks."""

    def tell(opinion: Opinion) -> None:
        said.append(opinion)
        if len(said) == 3:
            raise Enough

    with pytest.raises(Enough):
        watch.watch(config.Canary(), watch.Watch("canary", "champion", 0.1), tell)
    assert {each.cause for each in said} == {"traffic"}


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--once"], "--once needs --state"),
        (["--canary", "localhost"], "no address of a server"),
        (["--share", "2"], "2.0 is not in the range"),
        (["--interval", "0"], "0.0 is not in the range"),
        (["--prometheus", "nowhere"], "no address of a server"),
        (["--state", "."], "is a directory"),
        (["--namespace", "shop"], "--namespace: only with --serve"),
        (["--serve", ":8081"], "--canary: not with --serve"),
    ],
)
def test_wrong_usage_ends_with_2(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is read."""
    usual = ["--canary", "http://127.0.0.1:1", "--champion", "http://127.0.0.1:1"]
    assert run(*usual, *options) == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--canary", "http://127.0.0.1:1"], "--champion: needed"),
        ([], "--canary: needed"),
        (["--serve", "8081", "--state", "s"], "--serve 8081: no address to listen at"),
        (["--serve", ":80810", "--state", "s"], "no address to listen at"),
        (["--serve", ":8081"], "--serve needs --state FOLDER"),
        (["--serve", ":8081", "--state", "params.yaml"], "a file; --serve needs a folder"),
        (["--serve", ":8081", "--state", "s", "--once"], "--once: not with --serve"),
        (["--serve", ":8081", "--state", "s", "--json"], "--json: not with --serve"),
        (["--serve", ":8081", "--state", "s", "--remote", "."], "no Kubernetes API here"),
    ],
)
def test_wrong_usage_of_the_server_ends_with_2(
    options: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each in one line, before anything is served."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    Path("params.yaml").touch()
    assert run(*options) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_wrong_settings_end_with_2(
    project: Path, serve: Callable[..., Served], capsys: pytest.CaptureFixture[str]
) -> None:
    """Named, with the nearest right key."""
    (project / "params.yaml").write_text("canary: {signals: {erors: false}}\n")
    assert run(*serve().options) == 2
    assert "canary.signals.erors: no such key; did you mean 'errors'?" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_line(
    serve: Callable[..., Served], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No folder is made for a file that was named wrongly."""
    assert run(*serve().options, "--state", "nowhere/state.json") == 1
    assert "nowhere/state.json: cannot be written" in capsys.readouterr().err


def test_what_was_there_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full leaves the state of the look before."""
    path = tmp_path / "state.json"
    kept.write(path, "before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JudgeError, match="No space left"):
        kept.write(path, "after")
    assert path.read_text() == "before"


@pytest.mark.slow
def test_it_can_be_stopped(project: Path, serve: Callable[..., Served]) -> None:
    """Ctrl-C between looks is one line and 130, and the state goes on."""
    served = serve(batch=10)
    command = [sys.executable, "-m", "mainline", "judge", *served.options, "--state", "state.json"]
    env = os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])}
    with subprocess.Popen(command, cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.decode().split() == ["✗", "stopped"]
    assert run(*served.options, "--once", "--state", "state.json") == 4
