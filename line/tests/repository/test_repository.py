"""The repository's own habits: each is checked here, and each check is shown to be able to fail."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
LINT = ("ruff", "ruff-format", "mypy", "imports", "imports-of-the-line", "workflows")
"""The hooks that `make lint` runs, too: before any of these tests."""
# written in two parts, so that this file does not hold what it looks for
FOREIGN = re.compile(
    "|".join(["pythonhosted" + r"\.org", "pypi" + r"\.org", "registry" + r"\.npmjs", r"(?<![\w.])/" + "work/"])
)
LINUX = re.compile(r"/proc\b|/dev/shm|/sys/|posix_f|fdatasync|O_PATH|sched_|epoll|prctl|ru_maxrss|pidfd|memfd")
GUARDED = [
    "line/src/mainline/host/processes.py",
    "line/src/mainline/prove/loader.py",  # started on Linux alone
    "src/pipeline/determinism.py",
    "src/pipeline/warm.py",  # started on Linux alone
    "src/service/system.py",
]
REQUIREMENT = re.compile(r"[a-z0-9._-]+==[^ ]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")


def committed() -> list[Path]:
    """The files that git tracks."""
    names = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True).stdout.split("\n")
    return [TOP / name for name in names if name and (TOP / name).is_file()]


def of_linux(sources: dict[str, str]) -> list[str]:
    """The files of code that ask for what only Linux has."""
    return sorted(name for name, text in sources.items() if LINUX.search(text))


def test_what_only_linux_has_is_asked_for_in_one_place_of_each_package() -> None:
    """There it is gone without on macOS, and tests take it away; anywhere else it is found."""
    paths = [*(TOP / "src").rglob("*.py"), *(TOP / "line/src").rglob("*.py")]
    sources = {str(path.relative_to(TOP)): path.read_text() for path in paths}
    assert of_linux(sources) == GUARDED
    assert of_linux({"a.py": 'Path(f"/proc/{pid}").exists()', "b.py": "os.fdatasync(1)", "c.py": "host/process"}) == [
        "a.py",
        "b.py",
    ]


def loose_pins(text: str) -> list[str]:
    """Lines of a requirements file that are no pinned version and no hash."""
    return [line for line in text.splitlines() if not REQUIREMENT.fullmatch(line)]


def test_no_file_speaks_of_this_machine_or_of_a_package_index() -> None:
    """No committed file holds a path of the machine it was made on, or the host of a package index."""
    found = [
        path.name
        for path in committed()
        if path.suffix not in {".png"} and FOREIGN.search(path.read_text(errors="ignore"))
    ]
    assert found == []
    assert FOREIGN.search("see https://" + "pypi" + ".org/simple")


def test_requirements_hold_versions_and_hashes_only() -> None:
    """The pinned files have a hash for every version, and no address."""
    for path in (TOP / "requirements").glob("*.txt"):
        assert loose_pins(path.read_text()) == []
    assert loose_pins("numpy>=2\n--index-url x\n") == ["numpy>=2", "--index-url x"]


def test_the_service_runs_on_the_versions_it_was_tested_with() -> None:
    """What the Bento installs is pinned to the same versions as the environment of the tests."""

    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9._-]+==[^ ]+", (TOP / "requirements" / name).read_text(), re.MULTILINE))

    assert pins("service.txt") <= pins("dev.txt")
    assert pins("uv.txt") <= pins("dev.txt")
    assert pins("pipeline.txt") <= pins("dev.txt")
    beside = {pin.partition("==")[0]: pin for pin in pins("remotes.txt")}
    assert {pin for pin in pins("dev.txt") if pin.partition("==")[0] in beside} <= pins("remotes.txt")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("mainline/commands/status.py", "import pipeline"),
        ("pipeline/stages/split.py", "import mainline"),
        ("service/predictor.py", "import mainline"),
        ("pipeline/stages/split.py", "import service"),
        ("mainline/tools/git.py", "from mainline.commands import lock"),
        ("mainline/project.py", "from mainline import ledger"),
        ("mainline/gate/levels.py", "from mainline.tools import git"),
        ("mainline/canary/evidence.py", "from mainline import config"),
    ],
)
def test_an_import_that_breaks_the_house_is_found(module: str, line: str, tmp_path: Path) -> None:
    """The contracts on who may import whom hold, and an import against each of them is an error."""
    for name in ("src", "line/src"):
        shutil.copytree(TOP / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(TOP / "pyproject.toml", tmp_path)
    shutil.copy2(TOP / "line/pyproject.toml", tmp_path / "line")
    path = tmp_path / ("line/src" if module.startswith("mainline") else "src") / module

    def holds() -> bool:
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path / 'src'}{os.pathsep}{tmp_path / 'line/src'}"}
        commands = [
            ["lint-imports", "--no-cache", "--config", each] for each in ("pyproject.toml", "line/pyproject.toml")
        ]
        ran = [subprocess.run(each, cwd=tmp_path, env=env, capture_output=True, check=False) for each in commands]
        return all(each.returncode == 0 for each in ran)

    assert holds()
    path.write_text(path.read_text() + f"\n{line}\n")
    assert not holds()


@pytest.mark.slow
def test_the_hooks_pass_on_every_file() -> None:
    """`pre-commit run --all-files` finds nothing; what `make lint` runs was run before."""
    env = {**os.environ, "SKIP": ",".join(LINT)}
    done = subprocess.run(
        ["pre-commit", "run", "--all-files"], cwd=TOP, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Skipped") == len(LINT)


@pytest.mark.slow
def test_the_hooks_refuse_a_secret_and_a_large_file(tmp_path: Path) -> None:
    """A private key, a token and a file of a megabyte do not get into a commit."""
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        shutil.copy2(TOP / name, tmp_path)
    (tmp_path / "key").write_text("-----BEGIN RSA " + "PRIVATE KEY-----\n")
    (tmp_path / "token.py").write_text(
        f'"""A token."""\n\naws_secret = "{"wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCYzzzzzzzKEY"}"\n'
    )
    (tmp_path / "big.bin").write_bytes(bytes(1_000_000))
    subprocess.run(["git", "init", "--quiet", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "--all"], cwd=tmp_path, check=True)
    for hook in ("private-key", "secrets", "large"):
        done = subprocess.run(["pre-commit", "run", hook], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1, f"{hook}: {done.stdout}{done.stderr}"


def slow(text: str) -> list[str]:
    """The tests of a file that are marked as slow, and the file's own mark."""
    return re.findall(r"pytest\.mark\.slow|mark\.slow\b", text)


def test_no_slow_test_is_in_a_project() -> None:
    """`make test` runs all of tests/ there; what takes over a second is among the line's tests."""
    assert [path.name for path in (TOP / "tests").rglob("*.py") if slow(path.read_text())] == []
    assert slow("pytestmark = pytest.mark.slow\n")
