"""Votes from elsewhere, and to there: CSV of row,label,by,at, and Label Studio's JSON."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mainline import ui
from mainline.errors import ConfigError
from mainline.label import files
from mainline.label.files import Label, Vote
from mainline.project import Project
from mainline.tools import commits

COLUMNS = ("row", "label", "by", "at")
TABLE = "data/valid.parquet"
ROW = "row_id"  # what a table calls it; a file may, too
FORMS = ".csv, or .json for Label Studio's"


def export(project: Project, out: Path) -> int:
    """Write everybody's last votes; answers how many.

    Raises:
        ConfigError: the file is of another form, or a line in labels/ is no vote.
    """
    votes = [vote for name in files.names(project) for vote in files.last(files.read(project, name)).values()]
    if out.suffix == ".csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((vote.row, _word(vote.label), vote.by, vote.at) for vote in votes)
        content = text.getvalue()
    elif out.suffix == ".json":
        content = json.dumps(_tasks(votes), ensure_ascii=False, indent=1) + "\n"
    else:
        raise ConfigError(f"--export {out}: {FORMS}")
    commits.write(out, content.encode())
    return len(votes)


def take(project: Project, source: Path, name: str | None) -> dict[str, int]:
    """Take the votes of a file into labels/, all or none; one that says what somebody says already is no new one.

    Args:
        name: whose votes they are, where the file does not say.

    Returns:
        How many are new, by whom.

    Raises:
        ConfigError: the file is of another form, or one of its records is no vote; with its line or number.
    """
    votes = _known(project, [vote for vote in _records(source, name) if vote.label is not None], source)
    of_each: dict[str, list[Vote]] = {}
    for vote in votes:
        of_each.setdefault(vote.by, []).append(vote)
    new = {by: _new(said, files.read(project, by)) for by, said in of_each.items()}
    with commits.or_as_before(project.root, *map(files.path, new), branch=False):
        for by, said in new.items():
            if said:
                files.append(project, by, said)
    return {by: len(said) for by, said in new.items()}


def _new(votes: list[Vote], before: list[Vote]) -> list[Vote]:
    known = {(vote.row, _word(vote.label), files.moment(vote.at)) for vote in before}  # later ones may outdo these
    said = {row: _word(vote.label) for row, vote in files.last(before).items()}
    found = []
    for vote in votes:
        if (vote.row, _word(vote.label), files.moment(vote.at)) in known:
            continue
        if said.get(vote.row) != _word(vote.label):
            found.append(vote)
        said[vote.row] = _word(vote.label)
    return found


def _known(project: Project, votes: list[Vote], source: Path) -> list[Vote]:
    """Those on rows of the table, where that is here."""
    if not (project / TABLE).exists():
        return votes
    rows = set(pq.read_table(project / TABLE, columns=[ROW])[ROW].to_pylist())
    strange = [vote.row for vote in votes if vote.row not in rows]
    if strange and len(strange) == len(votes):
        raise ConfigError(f"{source}: row {strange[0][:60]!r} is not in {TABLE}, nor is any other; `row` is its row_id")
    if strange:
        ui.warn(f"{source}: {len(strange):,} rows are not in {TABLE}, and left out, the first {strange[0][:60]!r}")
    return [vote for vote in votes if vote.row in rows]


def _records(source: Path, name: str | None) -> Iterator[Vote]:
    """The votes of a file, each held to what a line of labels/ must be."""
    if source.suffix not in (".csv", ".json"):
        raise ConfigError(f"--import {source}: {FORMS}")
    try:
        if source.stat().st_size > files.LARGEST_FILE:
            raise ConfigError(f"{source}: over {files.LARGEST_FILE:,} bytes; take it in parts")
        text = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{source}: not UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{source}: {error.strerror}") from None
    read = _of_csv if source.suffix == ".csv" else _of_studio
    for where, said in read(text, str(source)):
        by = name or _name(said.get("by"), where)
        files.path(by)
        vote = Vote(str(said.get("row") or ""), said.get("label"), by, _moment(said.get("at"), where), "import")
        files.parsed(files.written(vote), by, where)
        yield vote


def _of_csv(text: str, source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [each.strip() for each in reader.fieldnames or ()]
        reader.fieldnames = ["row" if each == ROW else each for each in head]
        if absent := [each for each in COLUMNS[:2] if each not in reader.fieldnames]:
            raise ConfigError(
                f"{source}: no column {absent[0]!r}; it has {', '.join(head[:8]) or 'none'}, and votes have row,label"
            )
        for said in reader:
            where = f"{source}, line {reader.line_num}"
            if None in said or None in said.values():
                raise ConfigError(f"{where}: has another number of fields than the first line")
            yield where, {key: (value or "").strip() or None for key, value in said.items()}
    except csv.Error as error:
        raise ConfigError(f"{source}, line {reader.reader.line_num}: {error}") from None


def _of_studio(text: str, source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tasks as Label Studio exports them: data.row, annotations[].result[].value.choices (or number)."""
    try:
        tasks = json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError(f"{source}: not JSON") from None
    if not isinstance(tasks, list):
        raise ConfigError(f"{source}: not a list of tasks, as Label Studio exports JSON")
    for number, task in enumerate(tasks, 1):
        where = f"{source}, task {number}"
        try:
            row = task["data"].get("row", task["data"].get(ROW))
            for each in task["annotations"]:
                if not each.get("was_cancelled") and each["result"]:
                    at = each.get("updated_at") or each.get("created_at")
                    yield where, {"row": row, "label": _choice(each["result"], where), "by": _who(each), "at": at}
        except (KeyError, TypeError, AttributeError):
            raise ConfigError(
                f"{where}: needs data.row and annotations[].result[].value.choices, as Label Studio writes them"
            ) from None


def _choice(result: list[Any], where: str) -> Label:
    said = [value for each in result for value in _values(each["value"])]
    if len(said) != 1 or not isinstance(said[0], str | int | float):
        raise ConfigError(f"{where}: {len(said)} choices in one annotation, and a row has one label")
    return said[0]


def _values(value: Mapping[str, Any]) -> list[Any]:
    return list(value["choices"]) if "choices" in value else [value["number"]] if "number" in value else []


def _who(annotation: Mapping[str, Any]) -> object:
    who = annotation.get("completed_by")
    return who.get("email") or who.get("id") if isinstance(who, Mapping) else who


def _name(said: object, where: str) -> str:
    """Who that is, as labels/ calls them: of an address, what stands before the @."""
    if said is None:
        raise ConfigError(f"{where}: does not say by whom; say it with --by NAME")
    text = unicodedata.normalize("NFKD", str(said)).encode("ascii", "ignore").decode().strip().lower()
    rule = files.RULE if text.startswith(files.RULE) else ""
    return rule + re.sub(r"[^a-z0-9._-]+", "-", text.removeprefix(rule).partition("@")[0]).strip("-.")


def _moment(said: object, where: str) -> str:
    if said is None:
        return files.now()
    try:
        moment = datetime.fromisoformat(str(said))
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if moment > datetime.now(UTC) + timedelta(days=1):  # no vote of before would ever outdo it
            raise ConfigError(f"{where}: at: {str(said)[:40]!r} is yet to come")
        return moment.isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise ConfigError(f"{where}: at: {str(said)[:40]!r} is no time such as 2026-11-29T21:00:00Z") from None


def _word(label: Label) -> str:
    """A label as a cell of a file says it."""
    return str(int(label) if isinstance(label, float) and label.is_integer() else label).strip()


def _tasks(votes: list[Vote]) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for vote in votes:
        number = isinstance(vote.label, int | float) and not isinstance(vote.label, bool)
        value = {"number": vote.label} if number else {"choices": [_word(vote.label)]}
        kind = "number" if number else "choices"
        result = [{"from_name": "label", "to_name": "row", "type": kind, "value": value}]
        found.setdefault(vote.row, []).append({"completed_by": vote.by, "created_at": vote.at, "result": result})
    return [{"data": {"row": row}, "annotations": annotations} for row, annotations in found.items()]
