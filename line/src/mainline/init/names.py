"""What the names of a script stand for, as far as it says so itself: imports, and constants at its top."""

import ast
from collections import Counter
from dataclasses import dataclass
from typing import Any

PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Names:
    """The names of a script."""

    imported: dict[str, str]
    """The path behind each name that was imported."""
    constants: dict[str, ast.expr]
    """What a name is set to, where that happens once."""

    @classmethod
    def of(cls, tree: ast.Module) -> "Names":
        """The names that a script imports, and those that it sets at its top and nowhere else."""
        imported: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for each in node.names:
                    imported[each.asname or each.name.partition(".")[0]] = (
                        each.name if each.asname else each.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        stored = Counter(
            node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
        constants = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        return cls(imported, {name: value for name, value in constants.items() if stored[name] == 1})

    def path(self, node: ast.expr) -> str | None:
        """The import path of what an expression names; None where it names nothing that was imported."""
        if isinstance(node, ast.Attribute):
            above = self.path(node.value)
            return above and f"{above}.{node.attr}"
        return self.imported.get(node.id) if isinstance(node, ast.Name) else None

    def value(self, node: ast.expr) -> Any:
        """The plain value that an expression is, as YAML can hold it.

        Raises:
            ValueError: it is none.
        """
        if isinstance(node, ast.Name) and node.id in self.constants:
            node = self.constants[node.id]
        return _plain(ast.literal_eval(node))

    def text(self, node: ast.expr) -> str | None:
        """The text that an expression is, or a list of only one is; else None."""
        try:
            found = self.value(node)
        except (ValueError, TypeError):
            return None
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        return found if isinstance(found, str) else None


def _plain(value: Any) -> Any:
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict) and all(isinstance(key, str | int) for key in value):
        return {key: _plain(each) for key, each in value.items()}
    raise ValueError(f"{type(value).__name__} is no plain value")
