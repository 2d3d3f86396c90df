"""Pages link to those that lie beside them, and to no other."""

import re
from pathlib import Path
from urllib.parse import unquote

from mainline import pages

TEMPLATE = '{% extends "frame.html" %}{% block title %}A{% endblock %}'


def page(folder: Path, name: str) -> Path:
    """A page without content."""
    template = folder.parent / "templates"
    template.mkdir(exist_ok=True)
    (template / "page.html").write_text(TEMPLATE)
    return pages.write(pages.environment(template).get_template("page.html").render(), folder / name)


def links(path: Path) -> list[str]:
    """Where a page leads."""
    return [unquote(each) for each in re.findall(r'href="(.*?)"', path.read_text())]


def test_a_page_alone_has_no_links(tmp_path: Path) -> None:
    """As CI's artifact, which holds the report and no other page."""
    only = page(tmp_path / "report", "index.html")
    assert links(only) == []
    assert "<nav" not in only.read_text()


def test_pages_of_a_folder_link_to_each_other(tmp_path: Path) -> None:
    """The first written too, to those that came later; the one that is looked at says so."""
    folder = tmp_path / "report"
    first, second = page(folder, "index.html"), page(folder, "history.html")
    page(folder, "a better & newer.html")
    assert links(first) == links(second) == ["index.html", "a better & newer.html", "history.html"]
    assert all((folder / name).exists() for name in links(first))
    assert 'aria-current="page">Report</a>' in first.read_text()
    assert 'aria-current="page">History</a>' in second.read_text()
    assert "A better &amp; newer</a>" in first.read_text()


def test_no_link_leads_nowhere(tmp_path: Path) -> None:
    """A page that was deleted is forgotten when the next is written, and a page written twice is linked once."""
    folder = tmp_path / "report"
    first, second = page(folder, "index.html"), page(folder, "history.html")
    second.unlink()
    assert links(page(folder, "index.html")) == []
    page(folder, "releases.html")
    page(folder, "releases.html")
    assert links(first) == ["index.html", "releases.html"]


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    """What is no page of ours is neither changed nor linked to, whatever is in it."""
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "theirs.html").write_bytes(b"<html>\xff</html>")
    (folder / "folder.html").mkdir()
    assert links(page(folder, "index.html")) == []
    assert (folder / "theirs.html").read_bytes() == b"<html>\xff</html>"
