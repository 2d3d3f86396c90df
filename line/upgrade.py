"""Brings a project up to this checkout of the template, as `mainline upgrade` does, also one that has no such verb yet.

    python3 TEMPLATE/line/upgrade.py        in the project's folder

By Python and git alone, so nothing has to be installed first.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if sys.version_info < (3, 11):  # noqa: UP036 - whoever calls it may have any
    sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Try: python3.12 {sys.argv[0]}")
sys.path.insert(0, str(HERE / "src"))
from mainline.errors import MainlineError  # noqa: E402
from mainline.tools import git  # noqa: E402 - found only now
from mainline.upgrade import show, start  # noqa: E402

if __name__ == "__main__":
    if sys.argv[1:2] not in ([], ["--base"]) or len(sys.argv) not in (1, 3):
        sys.exit(f"usage: python3 {sys.argv[0]} [--base COMMIT]")
    try:
        sys.exit(start.start(git.root(), str(HERE.parent), sys.argv[2] if sys.argv[2:] else None))
    except MainlineError as error:
        show.bad(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        show.bad("stopped; nothing was changed")
        sys.exit(130)
