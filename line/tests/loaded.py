"""Processes that have their libraries from the start: forked from one that loads them once, for all tests.

So are the warm ones of a rebuild, DVC, and stages by themselves; a store that MLflow begins there is a copy of another,
and DVC reads and writes dvc.lock with libyaml: in Python each is a third of what a build takes, or more.
What a project's own code does in them is the same; that the real ones load what they need, tools/test_warm.py shows,
and each test that types `mainline lock`.
"""

import atexit
import io
import multiprocessing
import os
import re
import runpy
import shutil
import socket
import sqlite3
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from copy import deepcopy
from functools import lru_cache
from multiprocessing import reduction
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, ClassVar, TextIO

import yaml
from ruamel.yaml.resolver import implicit_resolvers

from mainline.errors import ToolFailed
from mainline.tools import process, warm

LIBRARIES = ["mlflow.sklearn", "mlflow.data.pandas_dataset", "mlflow.data.code_dataset_source", "botocore.exceptions"]
LIBRARIES += [
    "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store",
    "sqlalchemy.dialects.sqlite",
    "alembic.command",
    "IPython.core.interactiveshell",
    "line.tests.preloaded",
]
DVC = ["dvc.cli.parser", "dvc.repo.reproduce", "dvc.repo.status", "dvc.stage.cache", "dvc.stage.loader", "dvc.dvcfile"]
DVC += ["dvc._debug", "dvc.cachemgr", "dvc.data_cloud", "dvc.lock", "dvc_render.vega", "networkx", "scmrepo.git"]
PIPELINE = ("python", "-m", "pipeline")
TOP = str(Path(__file__).parents[2])


class Locked(yaml.CSafeLoader):
    """Reads a dvc.lock, where plain words mean what they mean in YAML 1.2."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}


class Locks(yaml.CSafeDumper):
    """Writes a dvc.lock so."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}


for versions, tag, form, first in implicit_resolvers:
    if (1, 2) in versions:
        Locked.add_implicit_resolver(tag, form, first)
        Locks.add_implicit_resolver(tag, form, first)
Locks.add_representer(OrderedDict, Locks.represent_dict)
Locks.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", ""))
PLAIN = re.compile(r"""(?!.*['"])[!-~]([ -~]{0,58}[!-~])?""")
"""A word that both libraries write alike; of others, they break lines, and name signs, each in its own way."""


def reading(real: Callable[..., Any]) -> Callable[..., Any]:
    """In place of DVC's `parse_yaml`: what is known is not read again, and a dvc.lock by libyaml."""
    once = lru_cache(real)

    def read(text: str | bytes, path: str, typ: str = "safe") -> Any:
        if Path(path).name == "dvc.lock":
            with suppress(yaml.YAMLError):  # in conflict, say, or broken on purpose: DVC is to say what it says of it
                return yaml.load(text, Locked) or {}
        return deepcopy(once(text, path)) if typ == "safe" else real(text, path, typ)

    return read


def writing(real: Callable[[Any, TextIO], Any]) -> Callable[[Any, TextIO], Any]:
    """In place of DVC's `_dump`: the same bytes by libyaml, stage by stage; what they might differ in, DVC writes."""

    def write(data: Any, stream: TextIO) -> None:
        if not isinstance(data, dict) or list(data) != ["schema", "stages"] or not data["stages"]:
            real(data, stream)
            return
        for at, (name, stage) in enumerate(data["stages"].items()):
            part = io.StringIO()
            whole = {**data, "stages": {name: stage}}
            if _plain(whole):
                yaml.dump(whole, part, Locks, default_flow_style=False, sort_keys=False)
            else:
                real(whole, part)
            head, stages, text = part.getvalue().partition("stages:\n")
            stream.write(text if at else head + stages + text)

    return write


def _plain(data: Any) -> bool:
    """Whether both libraries write it alike."""
    if type(data) in (dict, OrderedDict):
        return all(type(name) is str and _plain(name) and (data[name] is None or _plain(data[name])) for name in data)
    if type(data) is list:
        return all(map(_plain, data))
    if type(data) is str:
        return bool(PLAIN.fullmatch(data))
    return type(data) in (bool, int) or (type(data) is float and "e" not in repr(data))


def loader() -> Any:
    """What forks such processes: a process that has loaded the stages' libraries, from the first one on."""
    from pipeline import warm

    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read as it is loaded
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*warm.LOADED, *LIBRARIES, *DVC])
    return context


def streamed(
    context: Any,
    real: Callable[..., tuple[int, list[str]]],
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    shown: Callable[[str], bool],
) -> tuple[int, list[str]]:
    """In place of `mainline.tools.process.stream`: DVC is forked, any other program is started as ever."""
    if not _is_dvc(command, cwd, own := process.environment(env)):
        return real(command, cwd=cwd, env=env, shown=shown)
    reads, writes = os.pipe()
    child = _start(context, _be_dvc, command, cwd, own, writes, writes)
    os.close(writes)
    lines = []
    with open(reads, encoding="utf-8", errors="replace") as said:
        for line in said:
            lines.append(line.rstrip())
            if shown(line):
                print(f"  {line.rstrip()}", flush=True)
    child.join()
    return child.exitcode, lines


def captured(
    context: Any,
    real: Callable[..., bytes],
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    stdin: bytes | None = None,
) -> bytes:
    """In place of `mainline.tools.process.capture_bytes`: the same, and of a project's `python -m pipeline`, too."""
    own = process.environment(env)
    be = _be_dvc if _is_dvc(command, cwd, own) else _be_pipeline if _is_pipeline(command, cwd, own) else None
    if be is None:
        return real(command, cwd=cwd, env=env, check=check, stdin=stdin)
    with TemporaryFile() as output, TemporaryFile() as errors:
        child = _start(context, be, command, cwd, own, output.fileno(), errors.fileno())
        child.join()
        said, wrong = (stream.seek(0) or stream.read() for stream in (output, errors))
    if check and child.exitcode:
        text = (wrong or said).decode(errors="replace")
        raise ToolFailed(f"{' '.join(command[:3])}: {process.reason(text)}", text)
    return said


def _is_dvc(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> bool:
    """Whether that would start this environment's DVC, and not what a test has put in its place."""
    own = Path(sys.executable).parent / "dvc"
    return command[0] == "dvc" and cwd.is_dir() and shutil.which("dvc", path=env["PATH"]) == str(own)


def _is_pipeline(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> bool:
    """Whether that would start a stage, or what is beside, of a tree by itself: with its own code before all other."""
    alone = "PYTHONPATH" in env and warm.SOCKET not in env and cwd.is_dir()
    python = str(Path(sys.executable).parent / "python")
    return tuple(command[:3]) == PIPELINE and alone and shutil.which("python", path=env["PATH"]) == python


def _start(context: Any, be: Any, command: Sequence[str], cwd: Path, env: Mapping[str, str], *streams: int) -> Any:
    descriptors = [reduction.DupFd(each) for each in streams]
    child = context.Process(target=be, args=(*descriptors, list(command), str(cwd), dict(env)))
    child.start()
    return child


def _be_pipeline(output: Any, errors: Any, command: list[str], root: str, env: dict[str, str]) -> None:
    """Be what `python -m pipeline` is in that folder and environment."""
    _take_on(output, errors, root, env)
    sys.path[:0] = [root, *env["PYTHONPATH"].split(os.pathsep)]
    sys.argv = ["pipeline", *command[3:]]
    try:
        runpy.run_module("pipeline", run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        atexit._run_exitfuncs()  # multiprocessing leaves without


def _take_on(output: Any, errors: Any, root: str, env: dict[str, str]) -> None:
    """Take on streams, folder and environment."""
    for number, descriptor in enumerate((os.open(os.devnull, os.O_RDWR), output.detach(), errors.detach())):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(root)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:] = [path for path in sys.path if path not in ("", TOP)]
    sys.stdin = os.fdopen(0, closefd=False)  # multiprocessing has put nothing in its place


def _be_dvc(output: Any, errors: Any, command: list[str], root: str, env: dict[str, str]) -> None:
    """Be what `dvc` is in that folder and environment."""
    _take_on(output, errors, root, env)
    sys.argv = command
    from dvc.cli import main
    from dvc.utils import strictyaml
    from dvc.utils.serialize import _yaml

    _yaml.parse_yaml = strictyaml.parse_yaml = reading(_yaml.parse_yaml)
    _yaml._dump = writing(_yaml._dump)
    try:
        sys.exit(main(command[1:]))
    finally:
        sys.stdout.flush()
        atexit._run_exitfuncs()  # multiprocessing leaves without


@contextmanager
def forked(context: Any, listener: socket.socket, root: Path, env: Mapping[str, str]) -> Iterator[None]:
    """In place of `mainline.tools.warm.process`: for as long as the block runs."""
    end, ours = os.pipe()
    descriptors = reduction.DupFd(listener.fileno()), reduction.DupFd(end)
    child = context.Process(target=_become, args=(*descriptors, str(root), dict(env)))
    child.start()
    os.close(end)
    try:
        yield
    finally:
        os.close(ours)
        child.join()


def _become(listener: Any, end: Any, root: str, env: dict[str, str]) -> None:
    """Be what `python -m pipeline --warm` is in that folder and environment."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, descriptor in enumerate((end.detach(), nothing, nothing)):
        os.dup2(descriptor, number)
    os.chdir(root)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:] = [root, *env["PYTHONPATH"].split(os.pathsep), *(path for path in sys.path if path not in ("", TOP))]
    sys.stdin = os.fdopen(0, closefd=False)  # multiprocessing has put nothing in its place
    sys.argv = ["pipeline", "--warm", str(listener.detach())]
    _let_stores_begin_ready_made()
    try:
        runpy.run_module("pipeline", run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves without


def _let_stores_begin_ready_made() -> None:
    """Let MLflow copy an empty SQLite store that it has made before, in place of migrating each from its first form."""
    import mlflow
    import sqlalchemy
    from mlflow.store.db import utils

    real, empty = utils._initialize_tables, Path(TOP, f".pytest_cache/mlflow-{mlflow.__version__}.db")

    def initialize(engine: Any) -> None:
        if engine.dialect.name != "sqlite":
            real(engine)
            return
        if not empty.exists():
            empty.parent.mkdir(exist_ok=True)
            made = empty.with_suffix(f".{os.getpid()}")
            own = sqlalchemy.create_engine(f"sqlite:///{made}")
            real(own)
            own.dispose()
            os.replace(made, empty)
        with closing(sqlite3.connect(empty)) as ready, closing(engine.raw_connection()) as here:
            ready.backup(here.driver_connection)

    utils._initialize_tables = initialize
