"""One frame and one style sheet for all pages: each is one file that asks nobody, and links to those beside it."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

FOLDER = Path("report")
"""Where the pages about a tree go."""
BEGIN, END = "<!-- pages -->", "<!-- end of pages -->"
LINKS = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)
FIRST = "index"  # the page of a folder that is opened by its folder's name


def environment(folder: Path, **words: Any) -> jinja2.Environment:
    """Templates of a room, each of which fills the blocks of frame.html; `words` are known to all of them."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(words)
    return made


def write(html: str, path: Path) -> Path:
    """Write a page, making its folder, and let the pages of that folder link to each other.

    Returns:
        `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html.rstrip() + "\n", encoding="utf-8", newline="\n")
    link(path.parent)
    return path


def link(folder: Path) -> None:
    """Let each page of a folder link to all that are there now, and to no other; a page alone has no links."""
    files = sorted((path for path in folder.glob("*.html") if path.is_file()), key=_order)
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in files}
    ours = {path: text for path, text in texts.items() if LINKS.search(text)}
    for path, text in ours.items():
        before, after = LINKS.split(text, maxsplit=1)
        linked = before + _links(list(ours), path) + after
        if linked != text:
            path.write_text(linked, encoding="utf-8", newline="\n")


def _order(path: Path) -> tuple[bool, str]:
    return path.stem != FIRST, path.name


def _links(paths: list[Path], here: Path) -> str:
    if len(paths) < 2:
        return BEGIN + END
    link = Markup('<a href="{}"{}>{}</a>')
    current = Markup(' aria-current="page"')
    words = {path: path.stem.replace("-", " ").capitalize() if path.stem != FIRST else "Report" for path in paths}
    each = (link.format(quote(path.name), current if path == here else "", words[path]) for path in paths)
    return f'{BEGIN}<nav aria-label="Pages">{Markup(" ").join(each)}</nav>{END}'
