"""Expressions of GitHub Actions, as far as the workflows here use them."""

import json
import re
from typing import Any

WORD = re.compile(
    r"'(?:[^']|'')*'|[a-zA-Z_][\w-]*(?:\.(?:[\w-]+|\*))+|\b(?:true|false|null)\b|&&|\|\||!(?!=)|[\w]+(?=\()"
)
PLACE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
KNOWN = {"always", "success", "failure", "cancelled", "contains", "toJSON"}


class Expressions:
    """Evaluates against contexts: github, needs, steps, env, vars, secrets."""

    def __init__(self, contexts: dict[str, Any], *, failed: bool = False) -> None:
        self.contexts, self.failed = contexts, failed

    def value(self, text: str) -> Any:
        """What an expression is worth."""
        functions = {
            "always": lambda: True,
            "success": lambda: not self.failed,
            "failure": lambda: self.failed,
            "cancelled": lambda: False,
            "contains": lambda where, what: what in where,
            "toJSON": lambda name: json.dumps(self.contexts[name]),
            "_get": self._get,
        }
        text = re.sub(r"toJSON\((\w+)\)", r"toJSON('\1')", text)
        return eval(WORD.sub(_python, text), {"__builtins__": {}}, functions)

    def text(self, value: Any) -> str:
        """A value of the YAML with its expressions filled in, as the runner hands it on."""
        return PLACE.sub(lambda found: _said(self.value(found[1].strip())), _said(value))

    def holds(self, condition: str | None) -> bool:
        """Whether an `if:` lets a step or a job run; without a word about failures, none may have failed."""
        if condition is None:
            return not self.failed
        inner = PLACE.sub(lambda found: found[1], condition)
        speaks = re.search(r"\b(always|success|failure|cancelled)\(", inner)
        return bool(self.value(inner.strip())) and (bool(speaks) or not self.failed)

    def _get(self, path: str) -> Any:
        found: Any = self.contexts
        for number, name in enumerate(parts := path.split(".")):
            if name == "*":
                return [each[parts[number + 1]] for each in found or []]
            found = found.get(name) if isinstance(found, dict) else None
        return "" if found is None else found


def _python(found: re.Match[str]) -> str:
    word = found[0]
    if word[0] == "'":
        return repr(word[1:-1].replace("''", "'"))
    fixed = {"&&": " and ", "||": " or ", "!": " not ", "true": "True", "false": "False", "null": "''"}
    if word in fixed:
        return fixed[word]
    if "." in word:
        return f"_get({word!r})"
    assert word in KNOWN, f"{word}(): the tests do not know this function"
    return word


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
