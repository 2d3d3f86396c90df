"""All that the line says to a person, through one door."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A plain line, printed as it is."""
    out.print(text, markup=False)


def good(text: str) -> None:
    """A line about something that went as it should."""
    out.print(f"[green]✓[/] {_escaped(text)}")


def warn(text: str) -> None:
    """A line about something to know, on standard error."""
    err.print(f"[yellow]![/] {_escaped(text)}")


def bad(text: str) -> None:
    """The one line that says what is wrong and what to do next, on standard error."""
    err.print(f"[red]✗[/] {_escaped(text)}")


def outcome(mark: str, text: str) -> None:
    """A line about what came of something, under a tick, a cross, or any other mark."""
    colour = {"\u2713": "green", "\u2717": "red"}.get(mark, "yellow")
    marked(mark, colour, text)


def heading(text: str) -> None:
    """The title of what follows."""
    out.print(f"\n[bold]{_escaped(text)}[/]")


def command(words: Sequence[str]) -> None:
    """A command that is about to run, as a person would type it."""
    out.print(f"[cyan]$[/] {_escaped(' '.join(words))}")


def marked(mark: str, colour: str, text: str, below: str = "") -> None:
    """A line under a mark of its own, and one below it."""
    out.print(f"[{colour}]{mark}[/] {_escaped(text)}")
    if below:
        out.print(f"    [cyan]{_escaped(below)}[/]")


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show on a terminal what is waited for; nothing of it stays."""
    if not err.is_terminal:
        yield
        return
    with err.status(f"{_escaped(text)} ..."):
        yield


@contextmanager
def doing(text: str) -> Iterator[None]:
    """Show that work goes on, and afterwards how long it took."""
    began = time.monotonic()
    if err.is_terminal:
        with err.status(f"{_escaped(text)} ..."):
            yield
    else:
        yield
    err.print(f"[dim]  {_escaped(text)}: {time.monotonic() - began:.1f} s[/]")
    sys.stderr.flush()


def progress(text: str) -> None:
    """A line about something that goes on; on a terminal the next one takes its place."""
    if err.is_terminal:
        err.file.write(f"\r\033[2K{text[: err.width - 1]}")
        err.file.flush()
    else:
        err.print(f"[dim]  {_escaped(text)}[/]")


def progress_ends() -> None:
    """Nothing takes the place of the last such line."""
    if err.is_terminal:
        err.file.write("\n")
        err.file.flush()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows under a head."""
    grid = Table(*head, box=None, pad_edge=False, header_style="dim")
    for row in rows:
        grid.add_row(*map(_escaped, row))
    out.print(grid)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
