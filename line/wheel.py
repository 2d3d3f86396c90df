"""Builds the line's wheel, `mainline-VERSION-py3-none-any.whl`: the one file of the line that a project holds.

    python line/wheel.py FOLDER [mainline|stages]

And `stages`, the code of the stages and the service, as `mainline init` brings it to somebody's own project. By the
standard library alone (Python 3.9 or newer), so that making a project needs no network. The same files give the same
bytes: no time and no owner is recorded, nothing is compressed (zlib differs from machine to machine, and git packs
uncompressed versions better). The version ends in a hash of what is inside, so that no two wheels share one.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ANY_DAY = (1980, 1, 1, 0, 0, 0)
FILES = "mainline/files"
"""Where the line's wheel holds the line's files that stand in a project: `mainline upgrade` and `init` bring them."""


class Distribution(NamedTuple):
    """What one wheel is made of."""

    name: str
    folder: Path
    """Where pyproject.toml is, and src/."""
    packages: tuple[str, ...]
    summary: str = ""
    """In place of pyproject.toml's."""
    commands: str = ""
    """Its entry_points.txt."""


LINE = Distribution("mainline", HERE, ("mainline",), commands="[console_scripts]\nmainline = mainline.cli:main\n")
HOW = "How a model is made, stage by stage, and served, from params.yaml alone"
STAGES = Distribution("mainline_stages", HERE.parent, ("pipeline", "service"), HOW)
WHEELS = {"mainline": LINE, "stages": STAGES}

CARRIED = (
    *(".ci/protect", ".ci/remote", ".ci/tool", ".ci/workflows", ".github", ".pre-commit-config.yaml", ".gitattributes"),
    *(".gitignore", ".dockerignore", "Dockerfile.j2", "Makefile", "bentofile.yaml", "pyproject.toml"),
    *("deploy", "docs", "requirements", "data/stream/.gitignore"),
)
"""Files and folders of the template that are the line's, though they stand in a project: upgrades change them."""
NOT_CARRIED = re.compile(
    r"deploy/(canary|production)\.env|docs/(canvas|architecture|example-reviews)\.md|docs/images/(loop|releases)\.svg"
    r"|requirements/line\.txt"
)
ONLY_THE_TEMPLATE = re.compile(rb"(?m)^.*# only the template\n")
LEFT_BEHIND = re.compile(r"(^|/)(\.|__pycache__/)|\.py[co]$|~$")
"""What Python, editors and file managers leave in a folder."""


def main() -> None:
    """Build into the folder that is named; print the wheel's path."""
    folder, *which = sys.argv[1:] or ["-"]
    if folder.startswith("-") or len(which) > 1 or not set(which) <= set(WHEELS):
        sys.exit(str(__doc__).splitlines()[2].strip())
    print(build(Path(folder), WHEELS[which[0]] if which else LINE))


def build(folder: Path, what: Distribution = LINE) -> Path:
    """Build a wheel into a folder; answer its path."""
    content = sources(what)
    if what is LINE:
        content |= {f"{FILES}/{path}": data for path, data in carried(HERE.parent).items()}
    said = (what.folder / "pyproject.toml").read_text("utf-8")
    told = said if what is LINE else metadata(what, said, "")  # the rest of pyproject.toml is about the template
    version = f"{field(said, 'version')}+{digest(content | {'pyproject.toml': told.encode()})}"
    info = f"{what.name}-{version}.dist-info"
    content |= {
        f"{info}/METADATA": metadata(what, said, version).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: line/wheel.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if what.commands:
        content[f"{info}/entry_points.txt"] = what.commands.encode()
    content[f"{info}/RECORD"] = record(content, f"{info}/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{what.name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name, ANY_DAY)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # as on Unix, everywhere
            archive.writestr(entry, data)
    return path


def pinned(wheel: Path) -> str:
    """requirements/line.txt, which holds a project to this wheel: beside it a project's folder has vendor/."""
    return f"./vendor/{wheel.name} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def sources(what: Distribution) -> dict[str, bytes]:
    """The packages' files, by their path."""
    root = what.folder / "src"
    names = [f"{package}/{name}" for package in what.packages for name in files(root / package)]
    return {name: (root / name).read_bytes() for name in names}


def carried(root: Path) -> dict[str, bytes]:
    """The line's files that stand in a project, by their path there, as a project has them."""
    names = [f"{each}/{name}" if name else each for each in CARRIED for name in files(root / each)]
    return {name: project_s(root / name) for name in names if not NOT_CARRIED.fullmatch(name)}


def files(path: Path) -> list[str]:
    """The files of a folder by their path in it, in order; of a file, an empty path."""
    if path.is_file():
        return [""]
    names = sorted(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())
    return [name for name in names if not LEFT_BEHIND.search(name)]


def project_s(path: Path) -> bytes:
    """A file as a project has it: without the lines that are marked as the template's alone."""
    data = path.read_bytes()
    return data if b"\0" in data else ONLY_THE_TEMPLATE.sub(b"", data)


def digest(content: dict[str, bytes]) -> str:
    """A hash of what is inside, as the last part of a version: a letter first, as there zeros at the left get lost."""
    sums = "".join(f"{hashlib.sha256(data).hexdigest()} {name}\n" for name, data in sorted(content.items()))
    return f"h{hashlib.sha256(sums.encode()).hexdigest()[:10]}"


def metadata(what: Distribution, said: str, version: str) -> str:
    """What the wheel says of itself: the fields of pyproject.toml."""
    listed = re.search(r"(?ms)^dependencies = \[\n(.*?)^\]", said)
    needed = re.findall(r'(?m)^\s*"((?:[^"\\]|\\.)*)"', listed[1] if listed else "")
    return "".join(
        f"{line}\n"
        for line in [
            "Metadata-Version: 2.4",
            f"Name: {what.name.replace('_', '-')}",
            f"Version: {version}",
            f"Summary: {what.summary or field(said, 'description')}",
            f"License-Expression: {field(said, 'license')}",
            f"Requires-Python: {field(said, 'requires-python')}",
            *(f"Requires-Dist: {each}" for each in needed),
        ]
    )


def field(said: str, name: str) -> str:
    """A text of pyproject.toml; tomllib came with Python 3.11 only."""
    found = re.search(rf'(?m)^{name} = "([^"]*)"', said)
    if not found:
        sys.exit(f"pyproject.toml: says no {name}")
    return found[1]


def record(content: dict[str, bytes], own: str) -> bytes:
    """The list of what is inside, with its hashes, as installers want it."""
    lines = []
    for name, data in content.items():
        value = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={value},{len(data)}\n")
    return "".join([*lines, f"{own},,\n"]).encode()


if __name__ == "__main__":
    main()
