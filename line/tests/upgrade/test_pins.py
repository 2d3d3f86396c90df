"""Lists of packages that two sides changed."""

import pytest

from mainline.upgrade import pins


def listed(**packages: str) -> bytes:
    """Pins as uv writes them."""
    return "".join(
        f"{name}=={version} \\\n    --hash=sha256:{version}\n" for name, version in packages.items()
    ).encode()


@pytest.mark.parametrize(
    ("base", "ours", "new", "merged"),
    [
        ({"a": "1"}, {"a": "1", "b": "1"}, {"a": "2"}, {"a": "2", "b": "1"}),  # the owner's own stays
        ({"a": "1", "b": "1"}, {"a": "1"}, {"a": "1", "b": "2"}, {"a": "1"}),  # what the owner removed stays away
        ({"a": "1", "b": "1"}, {"a": "1", "b": "1", "c": "1"}, {"b": "1"}, {"b": "1", "c": "1"}),  # the line's, too
        ({"a": "1"}, {"a": "2", "b": "1"}, {"a": "2", "c": "1"}, {"a": "2", "b": "1", "c": "1"}),  # both alike
        ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "2"}, {"a": "2", "b": "2"}),  # one each
        ({"a": "1"}, {"a": "2"}, {"a": "3"}, None),
        ({"a": "1"}, {"a": "2"}, {}, None),
        ({}, {"a": "2"}, {"a": "3"}, None),
    ],
)
def test_each_package_goes_its_own_way(
    base: dict[str, str], ours: dict[str, str], new: dict[str, str], merged: dict[str, str] | None
) -> None:
    """Additions and removals of the owner stay, versions are the line's; None where both changed one."""
    texts = [listed(**each) for each in (base, ours, new)]
    was, now = pins.side_by_side("requirements/dev.txt", *texts)
    assert (was, now) == ((texts[0], texts[2]) if merged is None else (texts[1], listed(**merged)))


def test_names_are_compared_as_pip_does() -> None:
    """Foo_Bar and foo-bar are one package; what stands before the first package belongs to none."""
    text = b"# made by hand\nFoo_Bar==1 ; python_version < '4' \\\n    --hash=sha256:aa\n"
    newer = b"# made by hand\nfoo-bar==2 \\\n    --hash=sha256:bb\n"
    ours = b"# made by us\nFoo_Bar==1 ; python_version < '4' \\\n    --hash=sha256:aa\n"
    assert pins.side_by_side("requirements/dev.txt", text, ours, newer)[1] == newer.replace(b"hand", b"us")


def test_of_a_list_in_pyproject_only_packages_are_merged() -> None:
    """Comments keep their place; another file is left to git."""
    base = b'x = 1\ndependencies = [\n    # tables\n    "a>=1",\n]\n'
    ours = base.replace(b"]", b'    "mine",\n]')
    new = b'x = 2\ndependencies = [\n    # tables\n    "a>=2", # newer\n    "b",\n]\n'
    was, now = pins.side_by_side("pyproject.toml", base, ours, new)
    assert was == ours
    assert now == b'x = 2\ndependencies = [\n    # tables\n    "a>=2", # newer\n    "b",\n    "mine",\n]\n'
    assert pins.side_by_side("Makefile", base, ours, new) == (base, new)
    assert pins.side_by_side("pyproject.toml", base, base.replace(b"a>=1", b"a>=3"), new) == (base, new)


def test_what_tests_of_old_projects_need_stays() -> None:
    """A tool that the line no longer brings is left in both files, at the base's version; others are the line's."""
    toml = b'dependencies = [\n    "n",\n]\ndev = [\n    "old",\n    "both>=%d",\n]\n'
    base = {"pyproject.toml": toml % 1, pins.DEV: listed(both="1", n="1", old="1")}
    new = {"pyproject.toml": (toml % 2).replace(b'    "old",\n', b""), pins.DEV: listed(both="2", n="2")}
    left = pins.with_what_is_left(base, new)
    assert left[pins.DEV] == listed(both="2", n="2", old="1")
    assert left["pyproject.toml"].endswith(b'dev = [\n    "both>=2",\n    "old",\n]\n')
    assert pins.with_what_is_left({}, new) == new
