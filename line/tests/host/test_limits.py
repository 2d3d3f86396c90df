"""What one container may take of the machine."""

from pathlib import Path

import psutil
import pytest

from mainline import cli
from mainline.host import containers, loop
from mainline.host.containers import Containers, Limits
from mainline.host.executor import Options
from mainline.tools import container


def test_two_containers_and_the_rest_fit_on_the_machine() -> None:
    """By default: what one leaks or spins away, the other and the router still have."""
    usual = Limits.usual()
    assert 2 * int(usual.memory.removesuffix("b")) < 0.9 * psutil.virtual_memory().total
    assert 1 <= usual.cpus <= (psutil.cpu_count() or 1)
    assert usual.pids > 500
    assert Options(Path("folder"), "remote").limits == usual


def test_a_container_is_started_with_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Swap is no way around them; 0 is no limit."""
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(container, "client", lambda: "docker")
    monkeypatch.setattr(container, "remove", lambda *_, **__: 0)
    monkeypatch.setattr(container, "ask", lambda *command, **_: asked.append(command) or "")
    for limits in (Limits("2g", 300, 1.5), Limits("0", 0, 0.0)):
        Containers(tmp_path, lambda _: None, limits).start("blue", "image", "name", port=1, settings={})
    limited, free = (" ".join(command) for command in asked)
    assert "--memory 2g --memory-swap 2g --pids-limit 300 --cpus 1.5" in limited
    assert not {"--memory", "--memory-swap", "--pids-limit", "--cpus"} & set(asked[1])
    assert containers.RECORDS in free


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """What an agent is started with."""
    seen: list[Options] = []
    monkeypatch.setattr(loop, "run", lambda options, **_: seen.append(options))
    monkeypatch.setenv("MAINLINE_BENTOS", str(tmp_path))
    return seen


def agent(tmp_path: Path, *options: str) -> int:
    """Start one; answers how it ends."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["agent", "--remote", "url", "--state", str(tmp_path / "state"), *options])
    return int(ended.value.code or 0)


def test_limits_and_openness_are_the_hosts(tmp_path: Path, given: list[Options]) -> None:
    """Without a word all is closed and limited."""
    assert agent(tmp_path) == agent(tmp_path, "--open", "--memory", "512m", "--cpus", "0.5") == 0
    usual = Limits.usual()
    assert [(each.open_to_all, each.limits) for each in given] == [
        (False, usual),
        (True, Limits("512m", usual.pids, 0.5)),
    ]


@pytest.mark.parametrize("size", ["2 GB", "-1", "much", "2g --privileged"])
def test_a_size_is_a_size(tmp_path: Path, given: list[Options], size: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else comes to the engine; it is one line."""
    assert (agent(tmp_path, "--memory", size), given) == (2, [])
    assert f"--memory {size}: no size; write it like 512m or 2g" in capsys.readouterr().err
