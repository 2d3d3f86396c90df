"""The line's files, as a project has them."""

import pytest

from line.tests.upgrade.conftest import NAME
from mainline.errors import ConfigError
from mainline.upgrade import files

OURS = b'[project]\nname = "my-model"\ndescription = "Ours"\nlicense = "MIT"\n[tool.x]\nname = "other"\n'


def test_names_and_facts_are_the_projects_and_marked_lines_are_not_there() -> None:
    """In every text, in pyproject.toml also what the owner says there; bytes are left as they are."""
    theirs = f'[project]\nname = "{NAME}" # put yours\ndescription = "An example"\nlicense = "A"\n'
    mark = b"# only the " + b"template"
    given = {
        "pyproject.toml": theirs.encode() + b'x = "line" ' + mark + b"\n",
        "Makefile": b"one\ntwo " + mark + b"\n" + NAME.encode() + b"\n",
        "a.png": b"\0" + NAME.encode(),
    }
    assert files.rendered(given, files.facts(OURS)) == {
        "pyproject.toml": b'[project]\nname = "my-model"\ndescription = "Ours"\nlicense = "MIT"\n',
        "Makefile": b"one\nmy-model\n",
        "a.png": given["a.png"],
    }


@pytest.mark.parametrize("text", [b"", b"[project]\n", b"project = 1\n", b"[project", b"\xff"])
def test_a_project_without_a_name_is_refused(text: bytes) -> None:
    """Its files could not be told from the template's."""
    with pytest.raises(ConfigError, match=r"pyproject\.toml: names no project"):
        files.facts(text)
