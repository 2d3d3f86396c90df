"""Builds the line's wheel, `mainline-VERSION-py3-none-any.whl`: the one file of the line that a project holds.

    python line/wheel.py FOLDER

By the standard library alone (Python 3.9 or newer), so that making a project needs no network. The same files give the
same bytes: no time and no owner is recorded, nothing is compressed (zlib differs from machine to machine, and git packs
uncompressed versions better). The version ends in a hash of what is inside, so that no two lines share one.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = "mainline"
ANY_DAY = (1980, 1, 1, 0, 0, 0)
FILES = f"{PACKAGE}/files"
"""Where the wheel holds the line's files that stand in a project: `mainline upgrade` and `init` bring them."""


CARRIED = (
    *(".ci/protect", ".ci/remote", ".ci/tool", ".ci/workflows", ".github", ".pre-commit-config.yaml", ".gitattributes"),
    *(".gitignore", ".dvcignore", ".dockerignore", "Dockerfile.j2", "Makefile", "bentofile.yaml", "pyproject.toml"),
    *("deploy", "docs", "requirements"),
)
"""Files and folders of the template that are the line's, though they stand in a project: upgrades change them."""
NOT_CARRIED = re.compile(r"deploy/(canary|production)\.env|docs/canvas\.md|requirements/line\.txt")
ONLY_THE_TEMPLATE = re.compile(rb"(?m)^.*# only the template\n")
LEFT_BEHIND = re.compile(r"(^|/)(\.|__pycache__/)|\.py[co]$|~$")
"""What Python, editors and file managers leave in a folder."""


def main() -> None:
    """Build into the folder that is named; print the wheel's path."""
    if len(sys.argv) != 2:
        sys.exit(str(__doc__).splitlines()[2].strip())
    print(build(Path(sys.argv[1])))


def build(folder: Path) -> Path:
    """Build the wheel into a folder; answer its path."""
    content = sources(HERE / "src") | {f"{FILES}/{path}": data for path, data in carried(HERE.parent).items()}
    said = (HERE / "pyproject.toml").read_text("utf-8")
    version = f"{field(said, 'version')}+{digest(content | {'pyproject.toml': said.encode()})}"
    info = f"{PACKAGE}-{version}.dist-info"
    content |= {
        f"{info}/METADATA": metadata(said, version).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: line/wheel.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": b"[console_scripts]\nmainline = mainline.cli:main\n",
    }
    content[f"{info}/RECORD"] = record(content, f"{info}/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{PACKAGE}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name, ANY_DAY)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # as on Unix, everywhere
            archive.writestr(entry, data)
    return path


def pinned(wheel: Path) -> str:
    """requirements/line.txt, which holds a project to this wheel: beside it a project's folder has vendor/."""
    return f"./vendor/{wheel.name} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def sources(root: Path) -> dict[str, bytes]:
    """The package's files, by their path."""
    return {f"{PACKAGE}/{name}": (root / PACKAGE / name).read_bytes() for name in files(root / PACKAGE)}


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


def metadata(said: str, version: str) -> str:
    """What the wheel says of itself: the fields of pyproject.toml."""
    listed = re.search(r"(?ms)^dependencies = \[\n(.*?)^\]", said)
    needed = re.findall(r'(?m)^\s*"((?:[^"\\]|\\.)*)"', listed[1] if listed else "")
    return "".join(
        f"{line}\n"
        for line in [
            "Metadata-Version: 2.4",
            f"Name: {PACKAGE}",
            f"Version: {version}",
            f"Summary: {field(said, 'description')}",
            f"License-Expression: {field(said, 'license')}",
            f"Requires-Python: {field(said, 'requires-python')}",
            *(f"Requires-Dist: {each}" for each in needed),
        ]
    )


def field(said: str, name: str) -> str:
    """A text of pyproject.toml; tomllib came with Python 3.11 only."""
    found = re.search(rf'(?m)^{name} = "([^"]*)"', said)
    if not found:
        sys.exit(f"{HERE / 'pyproject.toml'}: says no {name}")
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
