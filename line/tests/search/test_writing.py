"""A trial in params.yaml: only the keys that differ change, every other byte stays."""

from typing import Any

import pytest

from mainline import config
from mainline.errors import ConfigError
from mainline.search.writing import with_train

TREE: dict[str, Any] = {"estimator": "a.Tree", "params": {"depth": 8}, "scale": False, "columns": {}}
FOREST: dict[str, Any] = {
    "estimator": "b.Forest",
    "params": {"leaf": 3, "rate": 1e-05, "weight": {0: 1, 1: 5}, "kind": "on"},
    "scale": True,
    "columns": {"note": {"ngrams": [1, 2]}},
}
TEXT = """\
# of mine
data: { source: t.csv } # the table

train: # the model
  # which class
  estimator: a.Tree # a tree
  params: { depth: 8 } # not deep
  scale: false
  seed: 3 # the third

  # trusted by me
  trusted: [x.Y]

# behind it
gate: {}
"""


def test_how_categories_are_taken_is_written_and_taken_back() -> None:
    """A trial that says nothing of them takes them as usual."""
    native = with_train(TEXT, {**TREE, "categories": "native"})
    assert "  categories: native\n" in native
    assert config.loads(with_train(native, TREE), "params.yaml")["train"]["categories"] == "onehot"


def test_comments_order_and_other_keys_stay() -> None:
    """Values change on their line; a key that is new comes last in the section."""
    made = with_train(TEXT, FOREST)
    assert config.loads(made, "params.yaml")["train"] == {**FOREST, "seed": 3, "trusted": ["x.Y"]}
    lines = made.splitlines()
    assert "  estimator: b.Forest # a tree" in lines
    assert "  scale: true" in lines
    changed = ("estimator:", "params:", "scale:", "columns:")
    assert [each for each in lines if not each.strip().startswith(changed)] == [
        each for each in TEXT.splitlines() if not each.strip().startswith(changed)
    ]
    assert lines.index("  columns: { note: { ngrams: [1, 2] } }") == lines.index("  trusted: [x.Y]") + 1


def test_a_second_time_changes_nothing() -> None:
    """What is written already stays as it is, to the byte."""
    made = with_train(TEXT, FOREST)
    assert with_train(made, FOREST) == made
    assert with_train(TEXT, TREE) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "train: { estimator: a.Tree, params: { depth: 8 }, seed: 3 } # mine\ngate: {}\n",
        "train:\n  params:\n    depth: 8 # deep\n    # more\n    leaf: [1,\n      2]\n  estimator: a.Tree\n  seed: 3",
        "gate: {}\ntrain:\n    estimator: a.Tree\n    seed: 3\n    columns:\n        x: { clip: [0.1, 0.9] }\n# end\n",
        "train:\n  estimator: a.Tree\n  params: {\n    depth: 8\n  }\n  seed: 3\n",
        "train:\r\n  estimator: a.Tree # x\r\n  seed: 3\r\n",
    ],
)
def test_however_the_section_is_written(text: str) -> None:
    """In braces, as blocks, deeper, without an end of line, with \\r\\n."""
    made = with_train(text, FOREST)
    assert {"scale": True, **config.loads(made, "params.yaml")["train"]} == {**FOREST, "seed": 3}
    assert ("\r\n" in made) == ("\r\n" in text)
    assert all(comment in made for comment in ("# mine", "# end", "# x") if comment in text)


def test_what_cannot_be_written_is_refused() -> None:
    """A section that stands elsewhere, by an alias, is left as it is."""
    with pytest.raises(ConfigError, match="a key a line"):
        with_train("base: &b { estimator: a.Tree }\ntrain: *b\n", FOREST)
