"""The judge as a process, as a cluster runs it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from line.tests.cluster.stage import Stage
from line.tests.host.conftest import until
from mainline.cluster.serve import Options, Service
from mainline.errors import MainlineError
from mainline.tools import ports

JUDGE = "/judge?canary=bbb&stable=aaa&share=0.1"


def test_without_a_cluster_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types it on a laptop finds no repository in the folder."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MainlineError, match="no Kubernetes API here"):
        Service(Options(("127.0.0.1", 0), tmp_path, "nowhere"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_judge_that_is_killed_goes_on_where_it_was(stage: Stage) -> None:
    """Its evidence and what waits for the ledger outlive it; two never work in one folder, and SIGTERM ends it."""
    port = ports.free()
    options = ["--serve", f"127.0.0.1:{port}", "--state", str(stage.folder / "state"), "--remote", str(stage.origin)]
    command = [sys.executable, "-m", "mainline", "judge", *options, "--interval", "0.2", "--port", str(stage.port)]
    running: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        running.append(subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        until(lambda: ask("/readyz").get("ok", False), "it is ready", 20)
        return running[-1]

    def ask(path: str) -> dict[str, object]:
        try:
            return dict(httpx.get(f"http://127.0.0.1:{port}{path}").json())
        except httpx.TransportError:
            return {}

    try:
        first = start()
        ask(JUDGE)
        stage.serve((stage.pods[0], 90_000, 0), (stage.pods[1], 10_000, 0))
        until(lambda: ask(JUDGE)["requests"] == 10_000, "it has looked again")
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (second.returncode, "another agent works here" in second.stderr) == (1, True)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        again = start()
        assert ask(JUDGE)["requests"] == 10_000
        stage.serve((stage.pods[0], 900, 0), (stage.pods[1], 50, 400))
        until(lambda: ask(JUDGE)["answer"] == "rollback", "it is rolled back")
        os.kill(again.pid, signal.SIGKILL)
        again.wait()
        last = start()
        until(lambda: stage.events() == [("promoted", "a"), ("rolled back", "b")], "it is in the ledger", 20)
        assert ask(JUDGE)["answer"] == "rollback"
        last.terminate()
        said, _ = last.communicate(timeout=10)
        assert (last.returncode, "ends; what it has gathered is kept" in said) == (0, True)
    finally:
        for each in running:
            each.kill()
            each.wait()
