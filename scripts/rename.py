"""Makes this tree a project of your own: its name, its table, its README; and removes what only the template needs.

    python scripts/rename.py my-model
    python scripts/rename.py my-model --table ~/customers.csv --target churned --remote s3://bucket/my-model

Any Python from 3.9 on will do. Everything is checked before anything is changed. cookiecutter's hooks run this, too.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # what Python compiles is no part of a project, and `cruft update` would compare it
import cells  # noqa: E402
import look  # noqa: E402
import settings  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "line/wheel.py").exists():
    sys.exit(f"{ROOT}: is a project of its own already")
sys.path.insert(0, str(ROOT / "line"))
import wheel  # noqa: E402 - the folder is no package

SLUG = "digit" + "line"  # the template's own name; no word of any language, so that replacing it is safe
NAME = r"[a-z][a-z0-9-]{1,38}[a-z0-9]"
REMOTE = r"(s3|gs|azure|ssh|webdavs?|https?|gdrive|oss|hdfs)://\S+|/\S+"
TASKS = ("auto", "binary", "multiclass", "regression")
LICENCES = ("Apache-2.0", "MIT", "Proprietary")
LEFT_OUT = (
    *("cookiecutter.json", "hooks", "{{cookiecutter.__folder}}", "line", "scripts", "CONTRIBUTING.md"),
    *(f".ci/{name}" for name in ("base-image", "chromium", "client-image", "cluster", "engine", "gh", "postgresql")),
    *(".ci/registry", ".ci/run", "docs/images/loop.svg", "docs/images/releases.svg", "docs/architecture.md"),
    "docs/example-reviews.md",
)
PINNED = "requirements/line.txt"
OF_THE_EXAMPLE = ("dvc.lock", "models/card.md", "data/card.md", "data/croissant.json")


def main() -> None:
    """Check what was said, then do it."""
    said = arguments()
    refuse_what_cannot_be(said)
    table = said.table and Path(said.table).expanduser()
    seen = looked_at(table, said) if table else None
    before = {path: (path.read_bytes(), path.stat().st_mode) for path in texts()}
    source = f"data/source/{table.name}" if table else "sklearn:digits"
    made = [path for path in map(ROOT.joinpath, ("LICENSE.mainline", source, PINNED, "vendor")) if not path.exists()]
    try:
        vendor()
        change(said, table, source, seen, list(before))
        for name in LEFT_OUT:
            remove(ROOT / name)
    except (OSError, KeyboardInterrupt) as error:
        for path in made:
            remove(path)
        for path, (content, mode) in before.items():
            put_back(path, content, mode)
        sys.exit(f"{error if str(error) else 'stopped'}; nothing was changed")
    print("\n".join(settings.story(said.name, source, seen)))
    begun = (ROOT / ".git").exists()
    print("\n".join(settings.after(said.name, source if seen else None, committed=said.committed, repository=begun)))


def looked_at(table: Path, said: argparse.Namespace) -> look.Seen:
    """What the table is; what params.yaml would settle has none yet to be said in."""
    try:
        return look.look(table, said.target, said.task, ROOT)
    except SystemExit as refusal:
        if cells.errors.KEY.search(str(refusal)):
            sys.exit(f"{refusal}; change the file, or make the project without a table and say this in its params.yaml")
        raise


def remove(path: Path) -> None:
    """Remove a file or a folder, where there is one."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def put_back(path: Path, content: bytes, mode: int) -> None:
    """Let a file be what it was."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)


def change(
    said: argparse.Namespace, table: Path | None, source: str, seen: look.Seen | None, paths: list[Path]
) -> None:
    """Change files; nothing is removed yet that only the template needs."""
    if table:
        bring(table, ROOT / source)
    if seen:
        params = ROOT / "params.yaml"
        params.write_text(settings.params(params.read_text("utf-8"), source, seen, said.task), "utf-8")
        for name in OF_THE_EXAMPLE:
            (ROOT / name).unlink()
        (ROOT / "data/names.txt").write_text("", "utf-8")  # of the example's columns; `mainline lock` writes others
    name_it(said.name, source, seen.target if seen else "target", said.licence, paths)
    if said.remote:
        with (ROOT / ".dvc/config").open("a", encoding="utf-8") as stream:
            stream.write(f"    remote = storage\n['remote \"storage\"']\n    url = {said.remote}\n")


def arguments() -> argparse.Namespace:
    """What was said."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", help="3 to 40 of a-z, 0-9 and -, such as my-model")
    parser.add_argument(
        "--table", default="", help="your CSV, TSV, JSON lines, Excel or Parquet file; none: the example stays"
    )
    parser.add_argument("--target", default="", help="the column to predict")
    parser.add_argument("--task", default="auto", choices=TASKS, help="what to do with it")
    parser.add_argument("--remote", default="", help="where DVC is to keep data and models, such as s3://bucket/path")
    parser.add_argument("--licence", default=LICENCES[0], choices=LICENCES)
    # cookiecutter makes the first commit, and its user stands above the project
    parser.add_argument("--committed", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def refuse_what_cannot_be(said: argparse.Namespace) -> None:
    """End with one line where something is wrong, with nothing changed."""
    if not re.fullmatch(NAME, said.name) or said.name in settings.WORDS:
        sys.exit(f"{said.name!r}: no name for a project; take 3 to 40 of a-z, 0-9 and -, from a letter on")
    if f"\n{said.name}==" in (ROOT / "requirements/dev.txt").read_text("utf-8"):
        sys.exit(f"{said.name!r}: the name of a package that the project needs; take another")
    if said.remote and not re.fullmatch(REMOTE, said.remote):
        sys.exit(f"remote: {said.remote!r} is no place that DVC knows; take s3://bucket/path, or a folder from / on")
    if re.search(r"://[^/@\s]*:[^/@\s]*@", said.remote):
        sys.exit("remote: holds a password, which git would keep; leave it out, and then: dvc remote modify --local")
    if not said.table and (said.target or said.task != "auto"):
        sys.exit("target and task are about a table of your own; say which, or leave them out and keep the example")
    if said.table and not Path(said.table).expanduser().is_file():
        sys.exit(f"{said.table}: no such file; name your table by its path, or leave it out to begin with the example")


def vendor() -> None:
    """Build the line's wheel into vendor/, and pin it."""
    (ROOT / PINNED).write_text(wheel.pinned(wheel.build(ROOT / "vendor")), "utf-8")


def bring(table: Path, place: Path) -> None:
    """Copy the table to where DVC watches it."""
    if not place.exists() or not table.samefile(place):
        shutil.copyfile(table, place)


def name_it(name: str, source: str, target: str, licence: str, paths: list[Path]) -> None:
    """Put the project's name, README and licence where the template's are."""
    readme = (ROOT / "scripts/project/README.md").read_text("utf-8")
    told = LICENCES[0] if licence == LICENCES[0] else f"{licence}; what came with Mainline stays Apache-2.0"
    (ROOT / "README.md").write_text(settings.filled(readme, source=source, target=target, licence=told), "utf-8")
    if licence != LICENCES[0]:
        shutil.move(ROOT / "LICENSE", ROOT / "LICENSE.mainline")
        shutil.copyfile(ROOT / "scripts/project" / licence, ROOT / "LICENSE")
    path = ROOT / "pyproject.toml"
    path.write_text(settings.pyproject(path.read_text("utf-8"), name, licence), "utf-8")
    for path in filter(Path.exists, paths):
        changed = wheel.project_s(path).replace(SLUG.encode(), name.encode())
        if changed != path.read_bytes():
            path.write_bytes(changed)


def texts() -> list[Path]:
    """The project's text files: those that git tracks, or where there is no git yet, all."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        if listed.returncode:
            sys.exit(listed.returncode)  # git has said why
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [Path(folder) / name for folder, _, names in os.walk(ROOT) for name in names]
    own = ROOT / "data/source"
    return [path for path in paths if path.is_file() and own not in path.parents and b"\0" not in path.read_bytes()]


if __name__ == "__main__":
    main()
