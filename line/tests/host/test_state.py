"""What the agent remembers: whole or as before, and written by one agent at a time."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from line.tests.host.hosts import release
from mainline.errors import MainlineError, ToolFailed
from mainline.host import state
from mainline.host.model import Block, Placed, State
from mainline.host.state import Memory

FULL = Memory(
    State(
        Placed("blue", release("a"), "production", 1.5, up=True),
        Placed("green", release("b", force="x"), "canary", 2.5, share=0.1, paused="y", words=("x",), deaths=(1.0, 2.0)),
        release("b"),
        None,
        ("cccccccc", "aaaaaaaa"),
        (Block("dddddddd", "because", ("one", "two"), lifted=True),),
    ),
    services={"blue": {"pid": 1}},
    judge={"logs": [0.1 + 0.2, float("-inf")]},
    judged="b",
    outbox=({"id": "1"},),
)


@pytest.mark.parametrize("memory", [Memory(), FULL, replace(FULL, judge=None, outbox=())])
def test_what_is_kept_is_read_again(memory: Memory, tmp_path: Path) -> None:
    """To the last bit."""
    state.save(tmp_path, memory)
    assert state.load(tmp_path) == memory


def test_without_a_file_there_is_nothing_to_remember(tmp_path: Path) -> None:
    """A new host begins empty."""
    assert state.load(tmp_path) == Memory()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 9}', '{"format": 1, "state": {}}'])
def test_a_damaged_file_is_refused_by_name(text: str, tmp_path: Path) -> None:
    """It is not taken for an empty one: what runs must not be forgotten silently."""
    (tmp_path / state.FILE).write_text(text)
    with pytest.raises(MainlineError, match=r"state\.json: cannot be read"):
        state.load(tmp_path)


def test_a_full_disk_leaves_what_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new memory is refused in one line, the old one stands."""

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    state.save(tmp_path, FULL)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ToolFailed, match=r"state\.json: cannot be written \(No space left on device\)"):
        state.save(tmp_path, Memory())
    assert state.load(tmp_path) == FULL


def test_one_folder_has_one_agent(tmp_path: Path) -> None:
    """The second is refused for as long as the first works; then it may."""
    with (
        state.locked(tmp_path / "state"),
        pytest.raises(MainlineError, match="another agent works here"),
        state.locked(tmp_path / "state"),
    ):
        pass
    with state.locked(tmp_path / "state"):
        pass


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """It says which folder, and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(MainlineError, match="give --state another folder"), state.locked(tmp_path / "file/state"):
        pass


def test_an_agent_of_before_knew_how_often_and_not_when(tmp_path: Path) -> None:
    """Its memory is read: what died some time ago counts no more, and nothing is paused."""
    state.save(tmp_path, FULL)
    said = json.loads((tmp_path / state.FILE).read_text())
    del said["clock"], said["state"]["other"]["paused"], said["state"]["other"]["words"]
    said["state"]["other"]["deaths"], said["state"]["production"]["deaths"] = 3, 0
    (tmp_path / state.FILE).write_text(json.dumps(said))
    other = state.load(tmp_path).state.other
    assert other is not None
    assert (other.deaths, other.paused, other.words, other.share) == ((), "", (), 0.1)
