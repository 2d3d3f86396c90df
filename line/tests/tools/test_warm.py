"""Stages in children of one process: the outcome of a process of their own, and no stage outlives who asked for it."""

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dvc.utils.serialize import _yaml
from hypothesis import given, strategies
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from line.tests import loaded
from mainline.tools import process, warm

TOP = Path(__file__).parents[3]
SAY = """\
import os
from pathlib import Path
from pipeline.errors import DataError

def run(params):
    print(os.getppid(), Path.cwd(), os.environ.get("DVC_STAGE"), flush=True)
"""
WAIT = """\
import signal, sys, time
from pathlib import Path

def run(params):
    signal.signal(signal.SIGTERM, lambda *_: (Path("ended").touch(), sys.exit(7)))
    print("waits", flush=True)
    for _ in range(600):  # a signal just before a long sleep would be heard after it
        time.sleep(0.1)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose pipeline loads no library, with stages that say where they run."""
    package = tmp_path / "src/pipeline"
    (package / "stages").mkdir(parents=True)
    for name in ("__init__", "__main__", "errors", "determinism", "stop", "warm"):
        shutil.copy(TOP / f"src/pipeline/{name}.py", package)
    text = (package / "warm.py").read_text()
    (package / "warm.py").write_text(text.replace("LOADED = (", 'LOADED = ("fractions",) or ('))
    (package / "params.py").write_text("def load(): ...\n")
    (package / "stages" / "ingest.py").write_text(SAY)
    (package / "stages" / "split.py").write_text(SAY + '    raise DataError("no rows")\n')
    (package / "stages" / "train.py").write_text(WAIT)
    return tmp_path


REAL = warm.running


@pytest.fixture(autouse=True)
def real(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that a user's build has, not what stands for it where builds are not what is tested."""
    monkeypatch.setattr(warm, "running", REAL)


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(root: Path) -> Iterator[Start]:
    """Starts a stage as DVC does, beside a warm process."""
    with warm.stages(root, {"PYTHONPATH": str(root / "src"), "PS1": "(.venv) "}) as shared:
        env = process.environment(shared)  # once: pytest notes in the environment where it is
        del env["PS1"]  # as DVC's shell does with that of an activated environment

        def started(stage: str, folder: Path = root, **more: str) -> subprocess.Popen[str]:
            return subprocess.Popen(
                [sys.executable, "-m", "pipeline", stage],
                cwd=folder,
                env={**env, **more},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

        yield started


def whose(said: str) -> int:
    """The process that a stage is a child of."""
    return int(said.split()[0])


def test_stages_are_children_of_one_process(start: Start, root: Path) -> None:
    """Two stages share a process that is neither this one nor theirs; folder, output and variables are the asker's."""
    first, second = start("ingest", DVC_STAGE="a"), start("ingest", root / "src", DVC_STAGE="b")
    one, other = first.communicate()[0], second.communicate()[0]
    assert whose(one) == whose(other)
    assert whose(one) not in (os.getpid(), first.pid, second.pid)
    assert (one.split()[1:], other.split()[1:]) == ([str(root), "a"], [str(root / "src"), "b"])
    assert (first.returncode, second.returncode) == (0, 0)


def test_a_block_in_a_block_shares_the_process_of_the_outer_one(root: Path) -> None:
    """For as long as the outer one runs; with another environment, or afterwards, it is another."""
    env = {"PYTHONPATH": str(root / "src")}

    def ask(shared: dict[str, str]) -> int:
        return whose(process.capture([sys.executable, "-m", "pipeline", "ingest"], cwd=root, env=shared))

    with warm.stages(root, env) as outer:
        first = ask(outer)
        with warm.stages(root, dict(env)) as inner:
            assert ask(inner) == first
        with warm.stages(root, {**env, "MORE": "1"}) as other:
            assert ask(other) not in (first, os.getpid())
        assert ask(outer) == first
    with warm.stages(root, env) as later:
        assert ask(later) not in (first, os.getpid())


def test_a_stage_that_fails_says_so_to_who_asked(start: Start) -> None:
    """Its line and its exit code are those of a process of its own."""
    for stage, code, said in (("split", 1, "split: no rows"), ("spilt", 2, "did you mean 'split'?")):
        asked = start(stage)
        assert said in asked.communicate()[1]
        assert asked.returncode == code


def test_another_environment_has_a_process_of_its_own(start: Start) -> None:
    """What a library may have read while it was loaded is as the stage was given it."""
    asked = start("ingest", OMP_NUM_THREADS="3")
    assert whose(asked.communicate()[0]) == os.getpid()


def test_an_edited_stage_runs_as_it_stands(start: Start, root: Path) -> None:
    """Only libraries are loaded beforehand; the project's own code is read by each stage."""
    start("ingest").communicate()
    (root / "src/pipeline/stages/ingest.py").write_text(SAY + '    print("edited")\n')
    assert "edited" in start("ingest").communicate()[0]


@pytest.mark.parametrize("slow", ["", "__import__('time').sleep(0.5)"], ids=["at once", "on a slow machine"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 7), (signal.SIGINT, 130)])
def test_a_signal_reaches_the_stage(start: Start, root: Path, number: int, code: int, slow: str) -> None:
    """A stage can end what it has begun elsewhere, and whoever asked for it waits until it has."""
    warm = root / "src/pipeline/warm.py"
    text = warm.read_text()
    assert text.count("    for signal_ in PASSED_ON:\n") == 1
    warm.write_text(text.replace("    for signal_ in PASSED_ON:\n", f"    {slow}\n    for signal_ in PASSED_ON:\n"))
    asked = start("train")
    assert asked.stdout is not None
    assert asked.stdout.readline() == "waits\n"
    asked.send_signal(number)
    asked.communicate()
    assert asked.returncode == code


LATE = """

def _late(*what, told=[]):
    import ctypes, functools, operator
    come = functools.partial(getattr(ctypes.PyDLL(None), "raise"), signal.SIGTERM)
    wait = functools.partial(select.select, *what)
    told.append(1)  # the second wait is for the stage's end
    # in C from the signal to the wait: between two steps of its own Python would handle it
    return list(map(operator.call, (come, wait) if len(told) == 2 else (wait,)))[-1]
"""


def test_a_signal_just_before_the_wait_is_passed_on(start: Start, root: Path) -> None:
    """Not once the stage has ended: it comes while this process is about to wait, and has nothing to do after."""
    warm = root / "src/pipeline/warm.py"
    text, wait = warm.read_text(), "select.select([connection, woken], [], [])"
    assert text.count(wait) == 1
    warm.write_text(text.replace(wait, wait.replace("select.select", "_late")) + LATE)
    asked = start("train")
    asked.communicate()
    assert asked.returncode in (7, 128 + signal.SIGTERM)  # the stage may not have begun to listen


def test_a_stage_does_not_outlive_who_asked_for_it(start: Start, root: Path) -> None:
    """Where that is killed, the stage is ended."""
    asked = start("train")
    assert asked.stdout is not None
    assert asked.stdout.readline() == "waits\n"
    asked.kill()
    asked.communicate()  # the stage holds the other end
    assert (root / "ended").exists()


def test_nothing_is_left_of_a_lock_that_is_killed(root: Path) -> None:
    """The process ends when the one that started it does, however."""
    code = f"""
import sys, time
from pathlib import Path
from mainline.tools import warm
with warm.stages(Path({str(root)!r}), {{"PYTHONPATH": {str(root / "src")!r}}}) as env:
    print(env["PIPELINE_WARM"], flush=True)
    time.sleep(60)
"""
    own = process.environment()
    with subprocess.Popen([sys.executable, "-c", code], env=own, stdout=subprocess.PIPE, text=True) as lock:
        assert lock.stdout is not None
        env = own | {"PYTHONPATH": str(root / "src"), warm.SOCKET: lock.stdout.readline().strip()}
        stage = [sys.executable, "-m", "pipeline", "ingest"]
        asked = subprocess.run(stage, cwd=root, env=env, capture_output=True, text=True, check=True)
        lock.kill()
    server = whose(asked.stdout)
    assert server != os.getpid()
    for _ in range(600):
        if not Path(f"/proc/{server}").exists():
            break
        time.sleep(0.1)
    assert not Path(f"/proc/{server}").exists()
    alone = subprocess.run(stage, cwd=root, env=env, capture_output=True, text=True, check=True)
    assert whose(alone.stdout) == os.getpid()


def test_a_project_without_it_runs_its_stages_as_it_did(tmp_path: Path) -> None:
    """Nothing is started for another framework's pipeline, and nothing is added to its environment."""
    with warm.stages(tmp_path, {"A": "b"}) as env:
        assert env == {"A": "b"}


def test_a_lock_is_read_in_the_tests_as_dvc_reads_it(built: Path) -> None:
    """By libyaml, and plain words mean what they mean in YAML 1.2; what is no YAML, DVC itself refuses."""
    words = ["Yes", "on", "y", "10:20", "1_000", "0o17", "1e-3", "2020-01-31", "~", ".inf", "True", "'on'", "''"]
    text = (built / "dvc.lock").read_text() + "words:\n" + "".join(f"- {word}\n" for word in words)
    real = YAML(typ="safe", pure=True).load
    read = loaded.reading(lambda text, *_: real(text))
    assert repr(read(text, "dvc.lock")) == repr(real(text))
    assert real(text)["words"][:2] == ["Yes", "on"]
    with pytest.raises(YAMLError):
        read("<<<<<<< HEAD\nstages:\n", "dvc.lock", "safe")


WORDS = ["on", "yes", "0o14", "1e3", "~", "null", "=", "<<", "2001-01-01", "1:20", "a: b", "# x", "a #b", " lead", "'x"]
WORDS += [
    "trail ",
    "-",
    "- a",
    "a b " * 40,
    "a'b",
    '"',
    "{",
    "[]",
    "!x",
    "&a",
    "*a",
    "%",
    "@",
    "|",
    ">",
    "---",
    "a:",
    "",
]
PRINTED = strategies.text(strategies.characters(min_codepoint=32, max_codepoint=126), max_size=70)
KEYS = strategies.text(max_size=70) | strategies.sampled_from(WORDS) | PRINTED
CELLS = KEYS | strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats()
PARAMS = strategies.recursive(
    CELLS, lambda one: strategies.lists(one, max_size=3) | strategies.dictionaries(KEYS, one, max_size=3), max_leaves=6
)


def as_dvc(lock: object) -> str:
    """A lock as DVC itself writes it."""
    text = io.StringIO()
    _yaml._dump(lock, text)
    return text.getvalue()


def as_here(lock: object, real: Callable[..., None] = _yaml._dump) -> str:
    """A lock as it is written in the tests."""
    text = io.StringIO()
    loaded.writing(real)(lock, text)
    return text.getvalue()


def test_a_lock_is_written_in_the_tests_as_dvc_writes_it(built: Path) -> None:
    """To the byte, by libyaml alone; what is no lock, DVC itself writes."""

    def never(*_: object) -> None:
        raise AssertionError("libyaml did not write it")

    text = (built / "dvc.lock").read_text()
    assert as_here(YAML(typ="safe").load(text), never) == text
    for other in ({"schema": "2.0"}, {"schema": "2.0", "stages": {}}, {"cmd": "a", "deps": []}):
        assert as_here(other) == as_dvc(other)


@given(strategies.dictionaries(KEYS, PARAMS, min_size=1, max_size=3))
def test_whatever_params_say_a_lock_is_written_alike(params: dict[str, object]) -> None:
    """Of each stage by itself."""
    stages = {name: OrderedDict([("cmd", "a"), ("params", {"p": said})]) for name, said in params.items()}
    lock = {"schema": "2.0", "stages": stages}
    assert as_here(lock) == as_dvc(lock)
