"""The files that the line brings into another repository, each as it stands there."""

import io
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mainline import card, config
from mainline.gate import budget
from mainline.init import source, wheels
from mainline.init.script import Estimator
from mainline.init.theirs import Theirs
from mainline.tools import stages

TAKEN = re.compile(
    r"deploy/host/.*|\.github/(rulesets|actions)/.*|\.ci/(protect|remote)"
    r"|\.github/workflows/(verify|comment|deliver|release|monitor|retrain)\.yml|requirements/(?!dev\.txt).*"
    r"|dvc\.yaml|params\.yaml|bentofile\.yaml|Dockerfile\.j2|data/stream/\.gitignore"
)
PAGE = "docs/params.md"  # errors point to it
WHERE_NONE = (".dvc/config", ".dvc/.gitignore", ".gitignore", "labels/README.md", PAGE)
"""What a repository may have of its own, and keeps then."""
PINS, PINS_OF, SOURCE_OF_PINS = "requirements/dev.txt", "requirements/mainline.txt", "requirements/mainline.in"
TASKS, IGNORED = "mainline.mk", "mainline.gitignore"
ATTRIBUTES, ATTRIBUTES_BESIDE = ".gitattributes", "mainline.gitattributes"
SAME_ENDS = (
    *("/dvc.yaml", "/dvc.lock", "/params.yaml", "*.dvc", "/bentofile.yaml", "/Dockerfile.j2"),
    *(f"/{path}" for path in card.CARDS),
    *(f"/{wheels.LINE}", f"/{stages.PINNED}", "/requirements/pipeline.txt", "/deploy/**", "/.ci/**", f"/{TASKS}"),
)
VOTES_ENDS = "/labels/**/*.jsonl -text merge=union"  # of two branches both sides' lines are kept
WHEEL_ENDS = "/vendor/mainline*.whl binary -filter"  # a pointer of Git LFS is not what is pinned
DVC_CONFIG = "[core]\n    analytics = false\n    autostage = false\n"  # the checkout's may name a remote
# tests of the model's own code are their project's affair
THEIR_TESTS = re.compile(
    r"(?ms)^  test:\n.*?(?=^  challenger:)"  # the job
    r"|(?<=[\['])test, (?=challenger)"  # its name among the others'
    r'|"test": [^\n]*\n\s+(?="challenger)'  # its result
)
THE_STAGES_CODE = re.compile(r"(?m)(^ +- )src/pipeline\S*[^\n]*\n(?:^ +- src/pipeline\S*[^\n]*\n)*")
ONLY_THE_TEMPLATE = re.compile(r"(?m)^.*# only the template\n")
TASK = re.compile(r"\bmake (?=(setup|remote|protect|requirements)\b)")


@dataclass(frozen=True)
class File:
    """A file to add."""

    path: str
    content: bytes
    executable: bool = False


def bring(checkout: Path, theirs: Theirs, estimator: Estimator) -> list[File]:
    """The files for a repository, from a checkout of Mainline, in the order of their paths."""
    there = source.files(checkout)
    wanted = {path: path for path in there if TAKEN.fullmatch(path)} | {PINS_OF: PINS}
    wanted |= {path: path for path in WHERE_NONE if path in there and not (theirs.root / path).exists()}
    changes = _changes(theirs, estimator)
    found = [
        File(path, _changed(path, there[name], changes), bool(there[name].stat().st_mode & 0o100))
        for path, name in wanted.items()
    ]
    found += [File(path, content) for path, content in wheels.build(checkout).items()]
    found.append(File(TASKS, (Path(__file__).parent / TASKS).read_bytes()))
    beside = (theirs.root / ATTRIBUTES).exists()
    found.append(File(ATTRIBUTES_BESIDE if beside else ATTRIBUTES, _attributes(theirs.table.path).encode()))
    found.append(File(SOURCE_OF_PINS, _dependencies(there["pyproject.toml"]).encode()))
    if lines := ignored(checkout, theirs.root):
        found.append(File(IGNORED, "\n".join(["", "# of the line", *lines, ""]).encode()))
    return sorted(found, key=lambda each: each.path)


def _attributes(table: str) -> str:
    """The same line ends of the line's files everywhere, since DVC goes by their bytes; a table's as they came."""
    place = json.dumps(f"/{table}", ensure_ascii=False) if re.search(r'[\s"]', table) else f"/{table}"
    lines = [f"{path} text=auto eol=lf" for path in SAME_ENDS]
    return "\n".join(
        ["# of the line: the same bytes on every machine", *lines, VOTES_ENDS, WHEEL_ENDS, f"{place} -text", ""]
    )


def ignored(checkout: Path, root: Path) -> list[str]:
    """The lines of the line's .gitignore that a repository's own one does not have."""
    if not (root / ".gitignore").exists():
        return []
    own = (root / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
    lines = (checkout / ".gitignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#") and line not in own]


def _changes(theirs: Theirs, estimator: Estimator) -> dict[str, Callable[[str], str]]:
    """What differs from the checkout, by path."""
    name = re.sub(r"[^a-z0-9]+", "-", theirs.root.name.lower()).strip("-") or "model"
    table = json.dumps(theirs.table.path, ensure_ascii=False)
    return {
        "params.yaml": lambda text: _params(text, theirs, estimator),
        ".dvc/config": lambda _: DVC_CONFIG,
        "dvc.yaml": lambda text: _stages(text, table),
        # the other pages stay where they are
        PAGE: lambda text: re.sub(r"\[([^]]+)\]\((?!https?:)[^)]*\)", r"\1", text),
        "bentofile.yaml": lambda text: re.sub(r"(?m)^name: .*$", f"name: {name}", text, count=1),
        ".github/workflows/verify.yml": lambda text: THEIR_TESTS.sub("", text),
    }


def _changed(path: str, file: Path, changes: dict[str, Callable[[str], str]]) -> bytes:
    """A file's content, with their names for the line's tasks and its environment."""
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError:
        return file.read_bytes()
    text = TASK.sub(f"make --file={TASKS} ", ONLY_THE_TEMPLATE.sub("", text))
    if path.startswith((".ci/", ".github/", "deploy/")):
        text = re.sub(r"(?<![\w/])\.venv/|(?<=/)\.venv/", ".mainline/venv/", text)
    return changes.get(path, str)(text).encode()


def _stages(text: str, table: str) -> str:
    """dvc.yaml from their table on; what was the stages' code is the line that pins it."""
    text = re.sub(r"(?m)^(\s+- )data/source$", lambda line: line[1] + table, text, count=1)
    return THE_STAGES_CODE.sub(rf"\g<1>{stages.PINNED}\n", text)


def _params(text: str, theirs: Theirs, estimator: Estimator) -> str:
    """params.yaml about their table and their estimator; what was about the example goes."""
    yaml = YAML()
    params = yaml.load(text)
    data: dict[str, Any] = {"source": theirs.table.path, "target": theirs.target, "separator": theirs.table.separator}
    train: dict[str, Any] = {"estimator": estimator.path, "params": estimator.params}
    train |= {"categories": "native"} if estimator.native else {}
    _fill(params["data"], data)
    _fill(params["train"], train | {"seed": params["train"].get("seed", 0)})
    params["validate"] = {"rules": {}}
    params["gate"]["life"] = budget.life_for(round(params["split"]["sealed"] * theirs.table.rows))
    params["card"] = {"intended_use": "", "limits": ""}
    params["dataset"] = dict.fromkeys(config.Dataset.model_fields, "")
    out = io.StringIO()
    yaml.dump(params, out)
    return out.getvalue()


def _fill(section: Any, values: dict[str, Any]) -> None:
    """Set a section's keys in place, for its comments; others go, and so does what is None."""
    kept = {key: value for key, value in values.items() if value is not None}
    for key in [key for key in section if key not in kept]:
        del section[key]
    section.update(kept)


def _dependencies(pyproject: Path) -> str:
    said = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    head = f"# What your model needs beside the line; `make --file={TASKS} requirements` pins both in mainline.txt."
    return "\n".join([head, *said, ""])


def claimed(found: list[File]) -> Iterator[str]:
    """What the line will write by itself, and the names under which its packages have to be found."""
    said = YAML(typ="safe").load(next(each.content for each in found if each.path == "dvc.yaml"))
    for stage in said["stages"].values():
        yield from stage["outs"]
    yield from (*card.KEPT, "report")
    for package in ("mainline", *stages.PACKAGES):
        # python looks into the root first, and then into src
        yield from (f"src/{package}", f"src/{package}.py", package, f"{package}.py")
