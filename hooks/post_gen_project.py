"""After cookiecutter: copies the template's own files, and makes a project of them with scripts/rename.py.

The folder has - where the name has / (__folder in cookiecutter.json): else there would be one inside another by now,
and only the inner one would be taken away again.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# the formatter leaves this file alone: other quotes would break on an answer that holds quotes
ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
NOTICE = "HOOKS-DID-NOT-RUN.md"
NAME = r"[a-z][a-z0-9-]{1,38}[a-z0-9]"
# cookiecutter says its paths as they were typed, and has gone elsewhere since
TYPED_FROM = [Path(place) for place in (os.environ.get("PWD"), ANSWERS.get("_output_dir"), os.getcwd()) if place]


def main() -> None:
    """Make the project in the current folder, or leave it as it was found."""
    os.unlink(NOTICE)
    if os.listdir():
        end_caller(f"{os.getcwd()}: is there already, and not empty; take another name, or move it away")
    try:
        make()
    except (SystemExit, OSError, KeyboardInterrupt) as refusal:
        for name in os.listdir():
            shutil.rmtree(name) if os.path.isdir(name) and not os.path.islink(name) else os.unlink(name)
        end_caller(str(refusal) if isinstance(refusal, OSError) else refusal.args[0] if refusal.args else 1)


def make() -> None:
    """Make the project in the current folder, which is empty.

    Raises:
        SystemExit: with one line, or with an exit code where that was said already.
    """
    slug = ANSWERS["project_slug"]
    if not re.fullmatch(NAME, slug):
        sys.exit(f"{slug!r}: no name for a project; take 3 to 40 of a-z, 0-9 and -, from a letter on, such as my-model")
    by_cruft = "_repo_dir" not in ANSWERS  # cruft's issue 313
    with tempfile.TemporaryDirectory() as scratch:
        copy(clone(Path(scratch)) if by_cruft else template())
    table = ["--table", found_table(ANSWERS["table"])] if ANSWERS["table"].strip() else []
    options = [f"--{name}={ANSWERS[name].strip()}" for name in ("target", "task", "remote", "licence")]
    options += [] if by_cruft else ["--committed"]
    run([sys.executable, "scripts/rename.py", *table, *options, "--", ANSWERS["project_slug"]])
    if not by_cruft:  # cruft compares folders, and commits nothing
        begin_history()


def end_caller(refusal: object) -> None:
    """Say what is wrong, and end whoever runs this hook as Ctrl-C does: by itself it puts a traceback below the line.

    A program that has cookiecutter as a library gets its error, as ever.
    """
    if isinstance(refusal, str):
        print(refusal, file=sys.stderr, flush=True)
    caller, folder = os.getppid(), os.getcwd()
    if is_typed(caller):
        os.chdir(os.pardir)
        if not os.listdir(folder):
            os.rmdir(folder)
        os.kill(caller, signal.SIGINT)
        until = time.monotonic() + 5
        while os.getppid() == caller and time.monotonic() < until:
            time.sleep(0.01)
        if os.getppid() == caller:
            os.makedirs(folder, exist_ok=True)  # it goes on after all, and takes the folder away itself
    sys.exit(1)


def is_typed(process: int) -> bool:
    """Whether a process is one of the commands cookiecutter and cruft."""
    command = ["ps", "-ww", "-o", "args=", "-p", str(process)]  # whole, however narrow COLUMNS says the screen is
    try:
        words = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split()
    except OSError:
        return False
    named = words[2:3] if words[1:2] == ["-m"] else [os.path.basename(word) for word in words[:2]]
    return os.name == "posix" and bool({"cookiecutter", "cruft"} & set(named))


def template() -> Path:
    """Where cookiecutter has the template, or has put it."""
    for place in TYPED_FROM:
        if (place / ANSWERS["_repo_dir"] / "cookiecutter.json").is_file():
            return place / ANSWERS["_repo_dir"]
    sys.exit(f"{ANSWERS['_repo_dir']}: cannot be found from here; name the template by its absolute path or its URL")


def clone(scratch: Path) -> Path:
    """The template at the commit that cruft works with, which it does not say the place of."""
    where, commit = ANSWERS["_template"], ANSWERS["_commit"]
    run(["git", "clone", "--quiet", "--no-checkout", "--", where, str(scratch / "template")])
    run(["git", "-C", str(scratch / "template"), "-c", "advice.detachedHead=false", "checkout", "--quiet", commit])
    return scratch / "template"


def copy(source: Path) -> None:
    """Copy what git tracks there; where there is no git, as in a zip, everything, with the run bits it has lost."""
    if (source / ".git").exists():
        listed = run(["git", "-C", str(source), "ls-files", "-z"]).split("\0")
        names = [name for name in listed if name and os.path.lexists(source / name)]
    else:
        names = [str(path.relative_to(source)) for path in source.rglob("*") if not path.is_dir()]
    for name in names:
        target = Path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target, follow_symlinks=False)
        if not target.is_symlink():
            target.chmod(0o755 if target.read_bytes()[:2] == b"#!" else 0o644)


def found_table(typed: str) -> str:
    """The table's place; `cruft update` finds it in the project that it brings up to date."""
    typed = os.path.expanduser(typed.strip())
    kept = os.path.join("data", "source", os.path.basename(typed))
    for place in (*(folder / typed for folder in TYPED_FROM), TYPED_FROM[0] / kept):
        if place.is_file():
            return str(place)
    sys.exit(f"{typed}: no such file; name your table by its path, or by none to begin with the example")


def begin_history() -> None:
    """The project's first commit; where git makes none, as before it knows one's name, it is left to its author."""
    run(["git", "init", "--quiet", "--initial-branch=main", "."])
    run(["git", "add", "--all"])
    command = ["git", "commit", "--quiet", "--message", f"Start {ANSWERS['project_slug']}"]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode:
        why = (said.stderr.strip() or "no reason given").splitlines()[0]
        name = ANSWERS["project_slug"]
        again = f"git -C {name} commit --message 'Start {name}'"
        print(f"  commit it before anything else; git would not yet ({why}): {again}")


def run(command: list) -> str:
    """A program's output; where it fails, its own words and no more."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    if command[0] == sys.executable:
        print(done.stdout, end="")
    return done.stdout


main()
