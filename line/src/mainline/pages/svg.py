"""What drawings share: two widths, so that words hold on a phone, and colours by name, so that they do in the dark."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

MARGIN = 14  # around a picture of its own
COLOURS = Markup((Path(__file__).parent / "colours.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


@dataclass(frozen=True)
class Width:
    """How wide a drawing is, in units that are pixels where the page has room for it."""

    name: str
    units: int
    letters: int
    """How many of them a line holds."""


WIDE, NARROW = Width("wide", 760, 100), Width("narrow", 358, 50)


@dataclass(frozen=True)
class Drawing:
    """Marks on an area of a width and a height; `title` is what a screen reader says."""

    width: Width
    height: float
    title: str
    parts: Iterable[Markup]

    def inline(self) -> Markup:
        """For a page, which has the style sheet."""
        return self._svg(Markup('class="chart {}"').format(self.width.name), 0, Markup())

    def alone(self) -> str:
        """For a file of its own, in light and dark, with a margin."""
        wide, high = self.width.units + 2 * MARGIN, self.height + 2 * MARGIN
        about = Markup('xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" class="chart"').format(wide, high)
        paper = Markup('<style>{}</style><rect x="-{}" y="-{}" width="{}" height="{}" style="fill: var(--paper)"/>')
        return f"{self._svg(about, MARGIN, paper.format(COLOURS, MARGIN, MARGIN, wide, high))}\n"

    def _svg(self, about: Markup, margin: int, first: Markup) -> Markup:
        size = f"{-margin} {-margin} {self.width.units + 2 * margin} {self.height + 2 * margin}"
        return Markup('<svg {} role="img" viewBox="{}"><title>{}</title>{}{}</svg>').format(
            about, size, self.title, first, Markup().join(self.parts)
        )


def both(draw: Callable[[Width], Drawing]) -> Markup:
    """The same for a window and for a phone: the style sheet shows the one that fits."""
    return draw(WIDE).inline() + draw(NARROW).inline()


def letters(words: str) -> int:
    """How many Latin letters words are as wide as: a letter of Chinese, Japanese or Korean is two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


def cut(words: str, most: int) -> str:
    """Words as they are, or what of them fits into the width of so many letters."""
    if letters(words) <= most:
        return words
    while letters(words) >= most:
        words = words[:-1]
    return f"{words}…"


def text(x: float, y: float, words: str, kind: str = "", hue: str = "") -> Markup:
    """Words at a place; `kind` is their class, `hue` the name of a colour in the style sheet."""
    return Markup('<text x="{}" y="{}"{}>{}</text>').format(x, y, _look(kind, hue), words)


def path(way: str, kind: str = "", hue: str = "") -> Markup:
    """A line along a path."""
    return Markup('<path d="{}"{}/>').format(way, _look(kind, hue))


def line(points: Iterable[tuple[float, float]], kind: str = "", hue: str = "") -> Markup:
    """A line from point to point."""
    return Markup('<polyline points="{}"{}/>').format(" ".join(f"{x},{y}" for x, y in points), _look(kind, hue))


def box(x: float, y: float, width: float, height: float, kind: str = "", hue: str = "") -> Markup:
    """A filled box."""
    return Markup('<rect x="{}" y="{}" width="{}" height="{}"{}/>').format(
        x, round(y, 1), round(width, 1), round(height, 1), _look(kind, hue)
    )


def _look(kind: str, hue: str) -> Markup:
    colour = Markup(' style="--hue: var(--{})"').format(hue) if hue else Markup()
    return Markup(' class="{}"{}').format(f"{kind} hue".strip() if hue else kind, colour) if kind or hue else Markup()
