"""One style sheet, legible in light and in the dark."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
SHEETS = ("colours.css", "style.css")
OURS, SERVICES = TOP / "line/src/mainline/pages", TOP / "src/service/page"
FONTS = ("serif", "sans", "mono")
GROUNDS = ("paper", "wash")
LINES = ("field", "rule", *(f"version-{i}" for i in range(1, 6)))
"""Drawn, never written: for these 3 is enough (WCAG 2.2, 1.4.11)."""
NO_CONTENT = ("hair", *GROUNDS)


def schemes() -> dict[str, dict[str, str]]:
    """The variables of both colour schemes; what the dark one does not name it takes from the light one."""
    text = (OURS / "colours.css").read_text()
    light, dark = (
        dict(re.findall(r"--([\w-]+): (.*?);", block)) for block in re.findall(r":root \{(.*?)\}", text, re.S)
    )
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    """Of #rrggbb, as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Between 1 and 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured() -> None:
    """Black on white has the most there is; the usual example of just too little is just too little."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < 4.5 < contrast("#767676", "#ffffff")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_is_legible(scheme: str) -> None:
    """Words have a contrast of 4.5 on either ground, drawings one of 3."""
    found = schemes()[scheme]
    names = set(found) - {*FONTS, *NO_CONTENT}
    assert len(names) > 15
    for name in names:
        wanted = 3 if name in LINES else 4.5
        for ground in GROUNDS:
            assert contrast(found[name], found[ground]) >= wanted, (name, ground)


def test_the_dark_scheme_names_every_colour() -> None:
    """None is left as it was for paper."""
    text = (OURS / "colours.css").read_text()
    light, dark = (set(re.findall(r"--([\w-]+):", block)) for block in re.findall(r":root \{(.*?)\}", text, re.S))
    assert dark == light - set(FONTS)


def test_the_service_has_the_same_sheet() -> None:
    """It may not import the line, so that it has a copy: (cd line/src/mainline/pages && cat colours.css style.css)."""
    assert (SERVICES / "style.css").read_text() == "".join((OURS / name).read_text() for name in SHEETS)


def test_the_sheet_asks_nobody() -> None:
    """No font, image or sheet from elsewhere."""
    for name in SHEETS:
        assert not re.search(r"url\(|@import|https?:", (OURS / name).read_text())


def test_every_colour_that_is_used_is_there() -> None:
    """A variable that is misspelt would be no colour at all."""
    used = set()
    for folder in (OURS.parent, SERVICES):
        for path in folder.rglob("*"):
            if path.suffix in (".css", ".html", ".py", ".js"):
                used |= set(re.findall(r"var\(--([\w-]+)\)", path.read_text(encoding="utf-8")))
    own = {"hue", "tone", "share"}  # set where they are used
    assert used - own <= set(schemes()["light"])
    assert {"paper", "challenger"} <= used
