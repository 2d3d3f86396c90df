"""Which packages the image gets."""

import pytest

from mainline.errors import ConfigError
from mainline.package import requirements
from mainline.package.requirements import Package

A, B = "a" * 64, "b" * 64
TWO = f"""\
# a comment
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:{A}
tzdata==2026.6 ; sys_platform == 'win32' \\
    --hash=sha256:{A}
cffi[extra]==2.1 ; implementation_name == 'cpython' --hash=sha256:{B}
"""


@pytest.mark.parametrize(
    ("python", "numpy"),
    [("3.11", Package("numpy", "2.4.6", (A, B))), ("3.13.2", Package("numpy", "2.5.5", (A,)))],
)
def test_packages_are_those_of_the_image(python: str, numpy: Package) -> None:
    """Markers are read for the image's Python and system, whatever this machine's are."""
    assert requirements.parsed(TWO, python) == [numpy, Package("cffi", "2.1", (B,))]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("numpy==2.4.6", "numpy is not pinned with its hashes"),
        (f"numpy>=2 --hash=sha256:{A}", "numpy is not pinned with its hashes"),
        ("-r other.txt", "'-r other.txt' names no package"),
    ],
)
def test_what_is_not_pinned_is_refused(line: str, message: str) -> None:
    """A line without one version and its hashes is named."""
    with pytest.raises(ConfigError, match=message):
        requirements.parsed(line, "3.11")


def test_this_repositorys_own_file_is_understood(root) -> None:
    """Every package of requirements/service.txt has a version and hashes, and none is there twice."""
    found = requirements.parsed((root / requirements.FILE).read_text(), "3.11")
    names = [each.name for each in found]
    assert len(set(names)) == len(names)
    assert {"bentoml", "scikit-learn"} <= set(names)
