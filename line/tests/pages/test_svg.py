"""What drawings share."""

from xml.etree import ElementTree

import pytest

from mainline.pages import svg
from mainline.pages.svg import NARROW, WIDE, Drawing, Width

SVG = "{http://www.w3.org/2000/svg}"


def drawing(width: Width) -> Drawing:
    """A line and a word that is no markup."""
    return Drawing(width, 50, "a & b", [svg.line([(0, 1.5), (2, 3)], hue="errors"), svg.text(1, 2, "<b>", "end")])


def test_a_picture_of_its_own_has_everything_with_it() -> None:
    """Its size, its colours in light and dark, its paper; and it is well-formed."""
    root = ElementTree.fromstring(drawing(WIDE).alone())
    assert (root.tag, root.attrib["viewBox"], root.attrib["width"]) == (
        f"{SVG}svg",
        f"-14 -14 {WIDE.units + 28} 78",
        "788",
    )
    style = root.find(f"{SVG}style")
    assert style is not None
    assert "prefers-color-scheme: dark" in (style.text or "")
    assert root.find(f"{SVG}title").text == "a & b"
    assert root.find(f"{SVG}text").text == "<b>"


def test_a_page_has_both_widths_and_no_second_sheet() -> None:
    """A rule inside of a drawing would hold for the whole page."""
    text = svg.both(drawing)
    assert "<style" not in text
    assert [name in text for name in ('"chart wide"', '"chart narrow"')] == [True, True]
    assert f"0 0 {NARROW.units} 50" in text


@pytest.mark.parametrize(("kind", "hue", "said"), [
    ("", "", ""), ("end", "", ' class="end"'), ("end", "bad", ' class="end hue" style="--hue: var(--bad)"'),
])  # fmt: skip
def test_looks_are_classes_and_colours_are_names(kind: str, hue: str, said: str) -> None:
    """So that the style sheet decides in both schemes."""
    assert svg.path("M0 0", kind, hue) == f'<path d="M0 0"{said}/>'


def test_words_are_cut_by_their_width() -> None:
    """A letter of Japanese takes the room of two; what fits is left alone."""
    assert [svg.letters(words) for words in ("", "Ulm", "東京", "ｱ")] == [0, 3, 4, 1]
    assert svg.cut("東京", 4) == "東京"
    assert svg.cut("東京都", 5) == "東京…"
    assert svg.cut("Frankfurt", 5) == "Fran…"
