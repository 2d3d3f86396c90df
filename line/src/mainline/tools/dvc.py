"""The one door to DVC: its commands and its lock; where the files are, says storage."""

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from typing import Any

from mainline.errors import ConfigError, StaleLock, ToolFailed
from mainline.tools import process, stages, warm

LOCK = "dvc.lock"
# what DVC says beside the stages' own lines: its advice, and which files a remote does not have
CHATTER = re.compile(
    r"\s*$|> |Running stage|Updating lock|Generating lock|(Stage )?'.*' (didn't|is cached)"
    r"|To (track|enable)|\t(git|dvc)|Use `dvc|Pulling data|WARNING: Some of the cache|md5:|name: |Unable to pull"
    r"|WARNING: corrupted cache file '[^']*\.tmp'"  # which another one is just writing
    r"|\s*Verifying data sources|Data and pipelines|Having any troubles"
    r"|WARNING: 'data/names\.txt' is empty"  # as it is wherever rows have an id
)
# of two that share a cache, one takes what the other is writing of a run for damaged, and removes it; and the folder
# that is left empty, as after a kill, stops DVC for good
LOST = re.compile(
    r"ERROR: .*(No such file or directory: '[^']*/runs/[0-9a-f]{2}/[0-9a-f]{64}\b|join\(\) argument .*'NoneType')"
)
TRIES = 5
ERROR = "ERROR: "  # how DVC, and a stage, begin the line that says why they fail
NO_REASON = re.compile(r"failed to (reproduce|pull)( '[^']*')?: ")
NO_SECTION = re.compile(r"Parameters '(?P<keys>[^']+)' are missing from 'params\.yaml'")
PLAIN = {"NO_COLOR": "1", "DVC_NO_ANALYTICS": "1", "TERM": "dumb"}


def dvc(*arguments: str, root: Path, check: bool = True) -> str:
    """Run dvc in a project and answer what it prints."""
    return process.capture(["dvc", *arguments], cwd=root, env=PLAIN, check=check)


def environment(root: Path) -> dict[str, str]:
    """What the stages of a tree have in their environment, beside this process's.

    Raises:
        ConfigError: the wheel that they come in is not the one that is pinned.
    """
    return {**PLAIN, "PYTHONPATH": stages.python_path(root)}


def repro(
    root: Path,
    *,
    quiet: bool = False,
    to: str | None = None,
    only: str | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Rebuild what changed; fetch instead of building where a remote has it.

    Args:
        to: a stage that is the last.
        only: a stage that is run whatever has changed, and no other.
        env: what the stages' environment has beside.

    Raises:
        ToolFailed: a stage failed, with the line in which it says why.
    """
    which = ["--force", "--single-item", only] if only else [to] if to else []
    command = ["dvc", "repro", *(["--pull"] if remotes(root) else []), *which]
    with warm.stages(root, {**environment(root), **(env or {})}) as env:
        for _ in range(TRIES):
            code, lines = process.stream(
                command,
                cwd=root,
                env=env,
                shown=lambda line: (
                    not (quiet or CHATTER.match(line) or line.startswith(ERROR))
                ),  # that comes at the end
            )
            if not code:
                return
            if not any(map(LOST.match, lines)):
                break
            _remove_empty_runs(root)
    raise ToolFailed(why(lines))


def _remove_empty_runs(root: Path) -> None:
    with opened(root) as repo:
        runs = Path(repo.stage_cache.cache_dir)
    for folder in runs.glob("*/*"):
        with suppress(OSError):
            folder.rmdir()  # which an empty one alone lets be done to it


def why(lines: list[str]) -> str:
    """What a failed rebuild says: the stage's own reason, where it gave one, before DVC's about the stage."""
    errors = [NO_REASON.sub("", line.removeprefix(ERROR)) for line in lines if line.startswith(ERROR)]
    telling = [each for each in errors if each and not each.startswith(("failed to run: ", "failed to pull"))]
    others = [line for line in lines if not CHATTER.match(line) and not line.startswith(ERROR)]
    if telling and (lacking := NO_SECTION.match(telling[0])):
        keys = lacking["keys"]
        return f"params.yaml: no {keys}, which a stage reads; put it there, with nothing to say as `{keys}: {{}}`"
    if telling:
        return telling[0].removeprefix("unexpected error - ")
    return others[-1] if others else process.reason("\n".join(lines))


def stale(root: Path, *, absent: bool = False) -> list[str]:
    """The stages whose inputs, commands or outputs differ from dvc.lock, with the first difference of each.

    Args:
        absent: let files be absent, as in a fresh clone: their hashes stand in dvc.lock.
    """
    with opened(root) as repo:
        status: dict[str, Any] = repo.status()
    differing = {stage: _present(why) if absent else why for stage, why in status.items()}
    return [f"{stage} ({_first(why)})" for stage, why in differing.items() if why]


def changed(root: Path, stage: str) -> set[str]:
    """What a stage reads that differs from dvc.lock, as paths from the root."""
    with opened(root) as repo:
        found = repo.status(targets=[stage]).get(stage, [])
    return {path for each in found if isinstance(each, dict) for path in each.get("changed deps", {})}


def _present(why: Any) -> Any:
    """What a stage's status says of files that are there."""
    if isinstance(why, dict):
        found = {key: _present(value) for key, value in why.items()}
        return {key: value for key, value in found.items() if value}
    if isinstance(why, list):
        return [value for value in map(_present, why) if value]
    return None if why in ("deleted", "not in cache") else why


def _first(why: Any) -> str:
    """The first path or key that a stage's status names, and how it differs."""
    key = ""
    while isinstance(why, list | dict) and why:
        key, why = next(iter(why.items())) if isinstance(why, dict) else (key, why[0])
    return f"{key} {why}".strip()


def require_current(root: Path) -> None:
    """Refuse to go on with a lock that is not what the tree would build.

    Raises:
        StaleLock: naming the stages and the command that mends it.
    """
    if not (root / LOCK).exists():
        raise StaleLock(f"{LOCK}: not here; run `mainline lock` to build the model")
    if stages := stale(root):
        raise StaleLock(f"{LOCK} is not current: {', '.join(stages[:3])}; run `mainline lock` and commit")


def outputs(lock: str) -> dict[str, str]:
    """The content hash of every output that a dvc.lock pins, by path.

    Raises:
        ConfigError: it is not as DVC writes it.
    """
    with _as_dvc_writes_it():
        return {str(out["path"]): str(out["md5"]) for stage in _stages(lock) for out in stage.get("outs", ())}


def twice(lock: str) -> list[str]:
    """The outputs that a dvc.lock pins to two contents: it keeps what it knows of a stage that dvc.yaml has no longer.

    Raises:
        ConfigError: it is not as DVC writes it.
    """
    pinned = outputs(lock)
    with _as_dvc_writes_it():
        outs = [out for stage in _stages(lock) for out in stage.get("outs", ())]
    return sorted({str(out["path"]) for out in outs if str(out["md5"]) != pinned[str(out["path"])]})


def forget(root: Path) -> None:
    """Drop from dvc.lock what it pins of stages that dvc.yaml has no longer: DVC itself keeps that for ever."""
    from dvc.dvcfile import load_file
    from dvc.utils.serialize import modify_yaml

    with opened(root) as repo:
        there = set(load_file(repo, "dvc.yaml").stages)
        if set(pinned_stages((root / LOCK).read_text() if (root / LOCK).exists() else "")) <= there:
            return
        with modify_yaml(str(root / LOCK)) as lock:
            for name in set(lock["stages"]).difference(there):
                del lock["stages"][name]


def sources(lock: str) -> list[str]:
    """What the stages of a dvc.lock depend on and none of them makes: code and data, by path.

    Raises:
        ConfigError: it is not as DVC writes it.
    """
    made = outputs(lock)
    with _as_dvc_writes_it():
        paths = {str(dep["path"]) for stage in _stages(lock) for dep in stage.get("deps", ())}
    return sorted(paths.difference(made))


def pinned_stages(lock: str) -> dict[str, dict[str, Any]]:
    """All that a dvc.lock pins of each stage, by name: cmd, deps, params, outs.

    Raises:
        ConfigError: it is not as DVC writes it.
    """
    with _as_dvc_writes_it():
        return {str(name): dict(stage) for name, stage in _read(lock).items()}


def _stages(lock: str) -> list[Any]:
    return list(_read(lock).values())


def _read(lock: str) -> dict[str, Any]:
    return dict((loaded(lock) or {}).get("stages", {}))


@contextmanager
def _as_dvc_writes_it() -> Iterator[None]:
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ConfigError(f"{LOCK}: not as DVC writes it; `mainline lock` makes it anew") from None


def add(root: Path, *paths: str) -> None:
    """Have DVC track files, as paths from the root: their content into its cache, its hash into PATH.dvc.

    Raises:
        ToolFailed: one cannot be tracked.
    """
    if paths:
        dvc("add", "--quiet", *paths, root=root)


def tracked(root: Path, path: str) -> str | None:
    """The content hash that PATH.dvc holds a file to; None where there is none such.

    Raises:
        ConfigError: it is not as DVC writes it.
    """
    try:
        text = (root / f"{path}.dvc").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return held(text)
    except ValueError:
        raise ConfigError(f"{path}.dvc: not as DVC writes it; get it as it was: git checkout -- {path}.dvc") from None


def held(text: str) -> str:
    """The content hash that a .dvc file's text holds a file to.

    Raises:
        ValueError: it is not as DVC writes it.
    """
    try:
        return str(loaded(text)["outs"][0]["md5"])
    except (TypeError, LookupError) as error:
        raise ValueError(error) from None


def md5(path: Path) -> str | None:
    """A file's content hash, as DVC counts it; None where there is no file."""
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


def command(root: Path, stage: str) -> str:
    """What dvc.yaml runs for a stage."""
    return str(loaded((root / "dvc.yaml").read_text())["stages"][stage]["cmd"])


def loaded(text: str) -> Any:
    """What a file of DVC's says.

    Raises:
        ValueError: it is no YAML.
    """
    import yaml  # it comes with DVC: a host, where the agent runs, has neither

    try:  # libyaml reads a dvc.lock in a tenth of the time
        from yaml import CSafeLoader as SafeLoader
    except ImportError:
        from yaml import SafeLoader  # type: ignore[assignment]
    try:
        return yaml.load(text, SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(error) from None


def remotes(root: Path) -> list[str]:
    """The names of the remotes that are set up."""
    with opened(root) as repo:
        return list(repo.config["remote"])


@contextmanager
def opened(root: Path, config: dict[str, Any] | None = None) -> Iterator[Any]:
    """DVC in this process: a command of its own would spend a second on starting, each time.

    Args:
        config: settings beside those of the project, for as long as the block runs.

    Raises:
        ToolFailed: DVC refuses, with its reason.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    for library in ("dvc", "dvc_data", "dvc_objects"):
        logging.getLogger(library).setLevel(logging.ERROR)
    try:
        # DVC looks files up, and names them, as seen from the current folder
        with chdir(root), Repo(str(root), config=config) as repo:
            yield repo
    except DvcException as error:
        raise ToolFailed(f"dvc: {process.reason(str(error))}") from None
