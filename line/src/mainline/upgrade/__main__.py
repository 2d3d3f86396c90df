"""The second half of an upgrade, run by the new line's code: `python -m mainline.upgrade WHEEL`."""

import argparse
import sys
from pathlib import Path

from mainline.errors import MainlineError
from mainline.tools import git
from mainline.upgrade import beginning, files, merge, pins, show, template, vendored
from mainline.upgrade.files import PYPROJECT, Files
from mainline.upgrade.vendored import PINNED, Wheel


def main() -> int:
    """Bring the wheel and its files into the project that this is run in; answer the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--checkout", type=Path)
    parser.add_argument("--address")
    parser.add_argument("--base", dest="base_commit")
    try:
        return upgrade(git.root(), **vars(parser.parse_args()))
    except MainlineError as error:
        show.bad(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        show.bad("stopped; nothing was changed")
        return 130


def upgrade(root: Path, wheel: Path, checkout: Path | None, address: str | None, base_commit: str | None) -> int:
    """Bring a wheel and its files into a project.

    Args:
        root: the project's top; its tree is clean.
        wheel: the new line's.
        checkout: of the template, with its history where the project is from before there were wheels.
        address: of the template, to be remembered.
        base_commit: that of the template that the project began with, where its user knows it.

    Raises:
        MainlineError: naming what is wrong; nothing has changed.
    """
    new, old = Wheel.read(wheel), vendored.pinned(root)
    if old is not None and old.content == new.content:
        show.good(f"nothing to do: the line is {new.version} already")
        return 0
    own = (root / PYPROJECT).read_bytes() if (root / PYPROJECT).exists() else b""
    told, known = files.facts(own), template.known(own)
    base = files.rendered(old.files() if old else _from_before(root, checkout, base_commit), told)
    brought = files.rendered(new.files(), told)
    if not old:
        brought = pins.with_what_is_left(base, brought)
    pinned = (root / PINNED).read_bytes() if old else b""
    what = merge.merge(
        root,
        template.remember(base, known) | ({old.path: old.content, PINNED: pinned} if old else {}),
        template.remember(brought, address or known)
        | {new.path: new.content, PINNED: vendored.pin(pinned.decode(), new).encode()},
        f"Upgrade the line to {new.version}",
    )
    conflicts = merge.open_conflicts(root)
    show.done(what, conflicts, new.version)
    return show.OPEN if conflicts else 0


def _from_before(root: Path, checkout: Path | None, named: str | None) -> Files:
    """The line's files of a project from before there were wheels."""
    if checkout is None:
        raise MainlineError("this project is from before the line was a wheel: name a checkout of the template instead")
    found = beginning.find(root, checkout, named)
    said = git.git("log", "-1", "--format=%h (%cs, %s)", found.commit, root=checkout)
    print(f"your project began with the template's {said}, {found.how}", flush=True)
    return beginning.lines_files(found.commit, checkout)


if __name__ == "__main__":
    sys.exit(main())
