"""labels/: one file a person, a line a vote, only ever added to.

    labels/anna.jsonl          {"row": ..., "label": ..., "by": "anna", "at": ..., "how": ..., "seen": ...}
    labels/rules/short.jsonl   the same of a script, {"by": "rule:short", ...}

A person's last vote on a row counts; of no label (null), it takes back what was said before. What the votes come to is
the stage `label`'s to say.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from mainline.errors import ConfigError
from mainline.project import Project
from mainline.tools import commits

FOLDER = "labels"
RULE = "rule:"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
HOW = ("queue", "blind", "import")
MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
REQUIRED, KEYS = ("row", "label", "by", "at", "how"), ("row", "label", "by", "at", "how", "seen")
NO_TEXT = re.compile("[\\0\\ud800-\\udfff]")  # no file of text holds these, whatever JSON can say
LONGEST_LINE, LARGEST_FILE = 10_000, 64_000_000  # characters, bytes
Label = str | int | float | bool | None


@dataclass(frozen=True)
class Vote:
    """What somebody said of a row."""

    row: str
    label: Label
    """None takes back what they said before."""
    by: str
    at: str
    """UTC, such as 2026-11-29T21:00:00Z."""
    how: str
    """queue: an answer or an earlier label may have been in sight; blind: none was; import: from elsewhere."""
    seen: str | None = None
    """The MD5 of the model whose answer was in sight."""


def now(since: str | None = None) -> str:
    """This moment, as `at` says it, to the microsecond: a vote and its correction may come within a second.

    Args:
        since: no moment before this one: what a clock that was fast has written must not outlive its correction.
    """
    said = datetime.now(UTC).strftime(MOMENT)
    return said if since is None or moment(said) >= moment(since) else since


def path(name: str) -> str:
    """The file of a person, or of a rule.

    Raises:
        ConfigError: no file can be called that.
    """
    word = name.removeprefix(RULE)
    if not NAME.fullmatch(word) or word.endswith("."):
        raise ConfigError(f"{name[:80]!r}: names no file of votes; use small letters, digits, dot, dash and underscore")
    return f"{FOLDER}/rules/{word}.jsonl" if name.startswith(RULE) else f"{FOLDER}/{word}.jsonl"


def names(project: Project) -> list[str]:
    """Who has a file, people first."""
    folder = project / FOLDER
    people = sorted(each.stem for each in folder.glob("*.jsonl"))
    return people + sorted(RULE + each.stem for each in (folder / "rules").glob("*.jsonl"))


def read(project: Project, name: str) -> list[Vote]:
    """All that somebody has said, in the order of the file; none where there is no file.

    Raises:
        ConfigError: naming the file and the line that is no vote.
    """
    where = path(name)
    file = project / where
    if not file.exists():
        return []
    if file.is_symlink() or not file.is_file():
        raise ConfigError(f"{where}: no plain file")
    if file.stat().st_size > LARGEST_FILE:
        raise ConfigError(f"{where}: over {LARGEST_FILE:,} bytes; begin a second file, under another name")
    lines = ((f"{where}, line {n}", line) for n, line in enumerate(file.read_bytes().split(b"\n"), 1))
    return [parsed(_text(line, at), name, at) for at, line in lines if line.strip()]


def _text(line: bytes, where: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: not UTF-8") from None


def last(votes: Iterable[Vote]) -> dict[str, Vote]:
    """Of one person's votes the last on each row, by time; those taken back are not among them."""
    found: dict[str, Vote] = {}
    for vote in sorted(votes, key=lambda each: moment(each.at)):
        found[vote.row] = vote
    return {row: vote for row, vote in found.items() if vote.label is not None}


def append(project: Project, name: str, votes: Sequence[Vote]) -> None:
    """Add votes to somebody's file, all of them or none.

    Raises:
        ConfigError: one of them is no vote of theirs, or the file holds a line that is none.
    """
    where = path(name)
    read(project, name)  # nobody writes below a line that is wrong
    lines = [written(vote) for vote in votes]
    for number, line in enumerate(lines, 1):
        parsed(line, name, f"vote {number}")
    before = (project / where).read_bytes() if (project / where).exists() else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    (project / where).parent.mkdir(parents=True, exist_ok=True)
    commits.write(project / where, before + "".join(f"{line}\n" for line in lines).encode())


def written(vote: Vote) -> str:
    """A vote as a line of a file."""
    return json.dumps(asdict(vote), ensure_ascii=False)


def parsed(line: str, name: str, where: str) -> Vote:
    """A line of somebody's file.

    Args:
        where: of the line, for the message.

    Raises:
        ConfigError: it is no vote of theirs.
    """
    if problem := next(_problems(line, name), None):
        raise ConfigError(f"{where}: {problem}")
    return Vote(**json.loads(line))


def moment(at: str) -> datetime:
    """The time that a vote says; raises ValueError where it is none."""
    found = datetime.fromisoformat(at)
    if found.tzinfo is None:
        raise ValueError(at)
    return found


def _problems(line: str, name: str) -> Iterator[str]:
    if len(line) > LONGEST_LINE:
        yield f"over {LONGEST_LINE:,} characters"
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        yield "not JSON"
        return
    if not isinstance(said, Mapping):
        yield "not an object such as {" + ", ".join(f'"{key}": ...' for key in KEYS) + "}"
    elif unknown := [key for key in said if key not in KEYS]:
        yield f"no such key: {unknown[0]!r}; there are: {', '.join(KEYS)}"
    elif absent := [key for key in REQUIRED if key not in said]:
        yield f"lacks {absent[0]!r}"
    else:
        yield from _wrong(said, name)


def _wrong(said: Mapping[str, object], name: str) -> Iterator[str]:
    """What each key says that it cannot."""
    if said["by"] != name:
        yield f"by is {said['by']!r}, and the file is {name}'s"
    if not isinstance(said["row"], str) or not said["row"] or NO_TEXT.search(said["row"]):
        yield "row: must be the row_id of a row"
    if not _is_label(said["label"]):
        yield "label: must be text, a number, true, false or null"
    if said["how"] not in HOW:
        yield f"how: must be one of {', '.join(HOW)}"
    if not isinstance(said.get("seen"), str | None):
        yield "seen: must be the MD5 of a model, or null"
    try:
        moment(str(said["at"]))
    except ValueError:
        yield "at: no time such as 2026-11-29T21:00:00Z"


def _is_label(said: object) -> bool:
    if isinstance(said, float):
        return math.isfinite(said)
    if isinstance(said, str):
        return bool(said.strip()) and not NO_TEXT.search(said)
    return said is None or isinstance(said, int)
