"""`mainline label`: a page for one person, from the address that is printed to the votes that are written."""

import os
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field

from mainline import ui
from mainline.errors import MainlineError
from mainline.label import ask, book, files, overlap, page
from mainline.label.book import Book
from mainline.label.files import Label, Vote
from mainline.label.server import HERE, Page, Said, Server
from mainline.label.session import OVER, Asked, Session, Unfit
from mainline.label.shown import Shown
from mainline.project import Project

GRACE = 3.0  # seconds that a page has to show why it ends


@dataclass
class Sitting:
    """One person's page: the batches that are looked for, and what the page asks and tells."""

    project: Project
    name: str
    count: int
    where: str = ""
    """A comparison of columns, which holds for all rows that are asked about."""
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.book = Book(self.project, self.name)
        self.session = Session(self._write)
        self.failed = threading.Event()
        self._told: tuple[int, int, list[str]] = (0, 0, [])

    def look(self) -> None:
        """Look for a batch, beside what goes on here."""
        threading.Thread(target=self._look, daemon=True).start()

    def serves(self) -> Page:
        """What the page may ask and tell."""
        target = str((self.project.params.get("data") or {}).get("target", ""))
        html, policy = page.render(target, self.name, files.path(self.name), Shown.of(self.project).hidden)
        does = {"vote": self._vote, "skip": self._skip, "undo": self._undo, "next": self._next, "done": self._done}
        told = {name: self._then_state(do) for name, do in does.items()}
        return Page(html.encode(), policy, {"state": self.state, "batch": self.batch}, told)

    def state(self) -> Said:
        """Where the sitting is; at the end of a batch, with what there is to say of it."""
        state = self.session.state()
        if state["phase"] != OVER:
            return state
        if self._told[:2] != (now := (state["batch"], state["written"])):
            self._told = (*now, self._overlap())
        return state | {"told": self._told[2]}

    def _overlap(self) -> list[str]:
        try:
            return overlap.told(self.project, self.name, self.session)
        except MainlineError as error:  # a file of somebody's is broken, and the vote is written
            return [str(error)]

    def batch(self) -> Said:
        """The rows that are asked about, and where the sitting is."""
        return self.session.whole() | {"state": self.state()}

    def _then_state(self, do: Callable[[Said], None]) -> Callable[[Said], Said]:
        def did(said: Said) -> Said:
            do(said)
            return self.state()

        return did

    def _vote(self, said: Said) -> None:
        self.session.vote(*_place(said), said.get("label"))

    def _skip(self, said: Said) -> None:
        self.session.skip(*_place(said))

    def _undo(self, _: Said) -> None:
        self.session.undo()

    def _next(self, _: Said) -> None:
        if self.session.look():
            self.look()

    def _done(self, _: Said) -> None:
        self.session.end()

    def _look(self) -> None:
        try:
            self.session.begin(ask.batch(self.project, self.name, self.count, self.session.skipped, self.where))
        except (MainlineError, OSError, ValueError) as error:  # pyarrow's, where a table is built anew meanwhile
            self.session.fail(str(error))
            self.failed.set()

    def _write(self, asked: Asked, label: Label) -> None:
        self.book.add(Vote(asked.row, label, self.name, files.now(asked.since), asked.how, asked.seen))


def hold(project: Project, name: str, *, count: int, port: int, shown: bool, where: str = "") -> None:
    """Serve a page until its person is done, and say what was written.

    Args:
        shown: open a browser, where there is one.
        where: a comparison of columns: of other rows it asks nothing.

    Raises:
        MainlineError: there is nothing to label, or another page of this person is open.
    """
    files.read(project, name)  # nobody writes below a line that is wrong
    with book.alone(project, name):
        sitting = Sitting(project, name, count, where)
        server = Server(sitting.serves(), port)
        server.start()
        sitting.look()
        try:
            _announce(server, shown=shown)
            while not (server.ended.wait(0.2) or sitting.failed.is_set()):
                pass
            if sitting.failed.is_set():
                time.sleep(GRACE)
        except KeyboardInterrupt:
            pass
        finally:
            sitting.session.end()
            server.close()
        _tell(sitting)


def _announce(server: Server, *, shown: bool) -> None:
    ui.say(f"label at {server.url}")
    display = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if shown and display:
        threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
    elif os.environ.get("SSH_CONNECTION"):
        ui.say(f"  from your own machine, first: ssh -L {server.port}:{HERE}:{server.port} THIS-HOST")
    ui.say("  each vote is written as it is given; Ctrl-C ends it")


def _tell(sitting: Sitting) -> None:
    written, where = len(sitting.session.written), files.path(sitting.name)
    if written:
        ui.good(f"{where}: {written:,} {'vote' if written == 1 else 'votes'} of this sitting")
        ui.say("  `mainline lock` trains with them, and says what to commit")
    if why := sitting.session.failure:
        if not (written and why.startswith(ask.EMPTY)):
            raise MainlineError(why)
        ui.good(why)
    elif not written:
        ui.say("no votes were given")


def _place(said: Said) -> tuple[int, int]:
    """Which row of which batch the page means."""
    batch, at = said.get("batch"), said.get("at")
    if isinstance(batch, bool) or isinstance(at, bool) or not isinstance(batch, int) or not isinstance(at, int):
        raise Unfit("say batch and at, the place of a row in it")
    return batch, at
