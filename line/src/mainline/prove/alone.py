"""A stage in an empty folder, with what it declares and no more: no network, no files of the project, no secrets."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from mainline.errors import ConfigError
from mainline.project import PARAMS, Project
from mainline.prove import closed, imports
from mainline.prove.chain import Stage
from mainline.prove.forks import Forks
from mainline.tools import process, stages

KEPT = re.compile(
    r"PATH|LANG|LC_\w+|TZ|TMPDIR|VIRTUAL_ENV|LD_LIBRARY_PATH|CUDA_\w+|NVIDIA_\w+|\w+_NUM_THREADS|SOURCE_DATE_EPOCH"
)
BEGINS = re.compile(r"-m +(\w+)")
IN_SIGHT = ("vendor", "requirements")  # code that is pinned by its hash; no rows
PART, LEAST = 10, 200  # a stage that only starts gets a tenth of its rows, and no fewer than these


def build(
    project: Project,
    stage: Stage,
    box: Path,
    made: Path | None = None,
    *,
    part: bool = False,
    forks: Forks | None = None,
) -> None:
    """Run a stage in a folder of its own.

    Args:
        box: an empty folder; the stage's outputs are in it afterwards.
        made: a folder whose files come in place of the project's.
        part: give it a tenth of the rows of its tables, to see it start.
        forks: what may spare it a Python of its own.

    Raises:
        ConfigError: it fails so.
    """
    box.mkdir(parents=True, exist_ok=True)
    for path in [*stage.deps, PARAMS, *_entry(project.root, stage.command)]:
        _bring(path, box, [folder for folder in (made, project.root) if folder])
    if part:
        _thin(box, stage.deps)
    for path in stage.outs:
        (box / path).parent.mkdir(parents=True, exist_ok=True)
    env = _environment(project, box)
    hidden = _hidden(project)
    done = forks.run(stage.command, box, env, hidden) if forks else None
    done = done or subprocess.run(
        [*closed.words(hidden, env), "sh", "-c", stage.command],
        cwd=box,
        env=env,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        said = process.reason((done.stderr or done.stdout).decode(errors="replace")).replace(f"{box}/", "")
        how = "on a tenth of its rows, with what it declares alone" if part else "with what it declares alone"
        raise ConfigError(
            f"{stage.name} fails {how}: {said}; list under deps in dvc.yaml what it reads "
            "(the network is ingest's alone), then `mainline lock`"
        )


def _bring(path: str, box: Path, folders: Sequence[Path]) -> None:
    if ".." in PurePosixPath(path).parts or PurePosixPath(path).is_absolute():
        return  # it is where it says, or it is not
    for source in (folder / path for folder in reversed(folders) if (folder / path).exists()):
        (box / path).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, box / path, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, box / path)


def _entry(root: Path, command: str) -> list[str]:
    """What `python -m NAME` begins with, and the files that make folders of src/ packages."""
    begins = [f"src/{name}/__main__.py" for name in BEGINS.findall(command)]
    packages = [str(path.relative_to(root)) for path in (root / "src").rglob("__init__.py")]
    return [*begins, *imports.closure(root, begins, {}), *packages]


def _thin(box: Path, paths: Mapping[str, str]) -> None:
    from pyarrow import parquet

    for path in paths:
        if path.endswith(".parquet") and (box / path).is_file():
            table = parquet.read_table(box / path)
            if table.num_rows > LEAST:
                step = min(PART, table.num_rows // LEAST)
                parquet.write_table(table.take(list(range(0, table.num_rows, step))), box / path)


def _hidden(project: Project) -> list[Path]:
    """The project's folders that its stages' files lie in: a path from / on finds them empty."""
    defined = imports.definitions(project).values()
    paths = [PurePosixPath(path) for stage in defined for key in ("deps", "outs") for path in imports.paths(stage, key)]
    inside = {path.parts[0] for path in paths if path.parts and not path.is_absolute()} - {"..", *IN_SIGHT}
    folders = (project / name for name in sorted({".dvc", "src", "data", *inside}))
    return [each for each in folders if each.is_dir() and not Path(sys.prefix).is_relative_to(each.resolve())]


def _environment(project: Project, box: Path) -> dict[str, str]:
    """What a stage needs of a process's environment: no token and no address is among it."""
    kept = {name: value for name, value in process.environment().items() if KEPT.fullmatch(name)}
    _, *wheels = stages.python_path(project.root).split(os.pathsep)
    path = os.pathsep.join([str(box / "src"), *wheels])
    return {**kept, "HOME": str(box), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
