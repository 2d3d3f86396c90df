"""What the everyday commands cost on the example: `mainline lock`, `status` and a gate that need not look at rows.

Seconds are processor time, of all processes that a command starts; the ratios are to another command of the same run,
the fastest of each counts. In a scratch clone of HEAD with an empty cache, and no mlflow.db.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
BARE = (sys.executable, str(HERE / "bare.py"))
NOBODY = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
HEAD = "| what | target | seconds | beside | ratio |\n|---|---|---|---|---|"


class Scratch:
    """A clone of this project's HEAD, its branch called main."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "project"
        subprocess.run(["git", "clone", "--quiet", str(HERE.parents[1]), str(self.root)], check=True)
        self.run("git", "checkout", "--quiet", "-B", "main")
        self.run(sys.executable, "-m", "compileall", "-q", "src")  # as `make setup` does
        self.tries = 0

    def run(self, *command: str, code: int = 0) -> float:
        """Run a command in the clone; answer its processor seconds.

        Raises:
            RuntimeError: it does not end with this code.
        """
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "PYTHONPATH": str(self.root / "src"), "DVC_NO_ANALYTICS": "1"}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != code:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr or done.stdout}")
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def bare(self, *options: str) -> float:
        """Run the bare script in an empty folder."""
        self.tries += 1
        place = self.folder / f"bare-{self.tries}"
        place.mkdir()
        return self.run(*BARE, str(place), *options)

    def lock_from_nothing(self) -> float:
        """Build the model with nothing of it there."""
        kept = ("--exclude=.venv", "--exclude=src", "--exclude=__pycache__")
        self.run("git", "clean", "-dfxq", *kept)
        return self.run("mainline", "lock")

    def gate(self, base: str, code: int) -> float:
        """Run the gate where it has an answer at once."""
        return self.run("mainline", "gate", "--base", base, code=code)


def fastest(action: Callable[[], float], times: int) -> float:
    """The fewest seconds of several tries."""
    return min(action() for _ in range(times))


def lines(scratch: Scratch, times: int) -> list[str]:
    """The table."""
    recorded = fastest(lambda: scratch.bare("--recorded"), times)
    bare = fastest(scratch.bare, times)
    lock = fastest(scratch.lock_from_nothing, times)
    scratch.run("git", *NOBODY, "commit", "--quiet", "--no-verify", "--all", "--allow-empty", "--message", "Lock")
    current = fastest(lambda: scratch.run("mainline", "lock"), times)
    status = fastest(lambda: scratch.run("dvc", "status"), times)
    single = [
        ("`mainline status`", "1.5 s", fastest(lambda: scratch.run("mainline", "status", "--base", "main"), times)),
        ("gate: nothing has changed", "1 s", fastest(lambda: scratch.gate("main", 0), times)),
        ("gate: no such base", "1 s", fastest(lambda: scratch.gate("nope", 2), times)),
    ]
    with (scratch.root / "src/pipeline/stages/split.py").open("a") as file:
        file.write("# changed\n")
    single.append(("gate: dvc.lock is stale", "1 s", fastest(lambda: scratch.gate("main", 2), times)))
    return [
        f"| the script, recorded in MLflow | - | {recorded:.2f} | - | - |",
        f"| the script, not recorded | - | {bare:.2f} | - | - |",
        f"| `mainline lock` from nothing | 2.0 | {lock:.2f} | the script, recorded | {lock / recorded:.2f} |",
        f"| `dvc status` | - | {status:.2f} | - | - |",
        f"| `mainline lock`, nothing to do | 1.5 | {current:.2f} | `dvc status` | {current / status:.2f} |",
        *(f"| {what} | {target} | {seconds:.2f} | - | - |" for what, target, seconds in single),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="how often each command is tried")
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        print(HEAD, *lines(Scratch(Path(folder)), times), sep="\n")


if __name__ == "__main__":
    main()
