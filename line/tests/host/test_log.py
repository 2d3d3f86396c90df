"""What the agent says: each thing once, and what goes wrong in a line."""

import pytest

from mainline.errors import ToolFailed
from mainline.host.log import Log


@pytest.fixture
def said() -> list[str]:
    """What was said, without the time."""
    return []


@pytest.fixture
def log(said: list[str]) -> Log:
    """A log that keeps what it says."""
    return Log(lambda text: said.append(text.partition("  ")[2]))


def fail(error: Exception) -> None:
    """Go wrong."""
    raise error


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ToolFailed("git: no such\nremote"), "! git: no such remote"),
        (FileNotFoundError(2, "No such file", "/x"), "! memory: No such file (/x)"),
    ],
)
def test_what_goes_wrong_is_one_line_once(error: Exception, line: str, log: Log, said: list[str]) -> None:
    """And another once it is well again."""
    for _ in range(2):
        log.attempt("memory", fail, error)
    assert (said, log.standing) == ([line], {"memory": line.removeprefix("! ")})
    log.attempt("memory", lambda: None)
    assert (said, log.standing) == ([line, "memory: well again"], {})


def test_a_fault_of_the_program_is_not_hidden(log: Log) -> None:
    """It ends as it would without the log."""
    with pytest.raises(ZeroDivisionError):
        log.attempt("memory", lambda: 1 // 0)


def test_what_was_looked_at_is_wrong_or_right(log: Log, said: list[str]) -> None:
    """Nothing is said of what was right before."""
    log.found("git", "")
    log.found("git", "away")
    log.found("git", "")
    assert said == ["! away", "git: well again"]
