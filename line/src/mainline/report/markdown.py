"""GitHub Markdown in which a user's text stays text: no markup, no mention, no link, no broken table."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from mainline.report.text import decimals, short

_MARKUP = re.compile(r"[&<>\\`*_{}\[\]#|~$!]")
# After @ and inside ://, as Dependabot does: GitHub looks for mentions after it has decoded entities.
_AWAY = "\N{ZERO WIDTH SPACE}"
_BAD_IN_SPAN = re.compile(r"[`|\\]")


def clean(text: str, longest: int = 120) -> str:
    """One line without control or direction-changing characters, cut with an ellipsis."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return short("".join(c for c in kept if unicodedata.category(c) not in ("Cf", "Cs")), longest)


def plain(text: str, longest: int = 120) -> str:
    """A user's text as running text: every character that could be markup becomes an entity."""
    safe = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", clean(text, longest))
    for trap in ("@", "://", "www."):
        safe = safe.replace(trap, trap[0] + _AWAY + trap[1:])
    return re.sub(r"^([-+=]|\d+[.)])", lambda found: found[0][:-1] + f"&#{ord(found[0][-1])};", safe)


def code(text: str, longest: int = 80) -> str:
    """A user's text as code; what a code span cannot hold in a table is written with entities instead."""
    line = clean(text, longest)
    if not line:
        return "\N{EN DASH}"
    if _BAD_IN_SPAN.search(line):
        return f"<code>{plain(line, longest)}</code>"
    return f"`{line}`"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A Markdown table; the first `words` columns are text, the others are set to the right."""
    rule = [":--" if i < words else "--:" for i in range(len(header))]
    lines = [header, rule, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fence(lines: Iterable[str], language: str = "") -> str:
    """A code block no line can close."""
    body = "\n".join(clean(line.replace("`", "'"), 160).rstrip() for line in lines)
    return f"```{language}\n{body}\n```"


def quoted(text: str, longest: int = 24) -> str:
    """A user's text as a Mermaid string: letters, digits and a little punctuation; everything else is a space."""
    kept = "".join(c if c.isalnum() or c in " .,:-+_%\N{MINUS SIGN}" else " " for c in clean(text, 200))
    return f'"{short(kept, longest) or "?"}"'


def bars(title: str, axis: str, names: Sequence[str], bar: Sequence[float], line: Sequence[float] | None) -> str:
    """A Mermaid bar chart from zero, with a line over it when there are two sides."""
    top = max([*bar, *(line or [])], default=0.0) or 1.0
    numbers = [", ".join(f"{value:.{decimals(value, False)}f}" for value in values) for values in (bar, line or [])]
    drawn = [
        "xychart-beta",
        f"    title {quoted(title, 80)}",
        f"    x-axis [{', '.join(quoted(name, 20) for name in names)}]",
        f"    y-axis {quoted(axis)} 0 --> {top * 1.05:.{decimals(top, False)}f}",
        f"    bar [{numbers[0]}]",
    ]
    if line is not None:
        drawn.append(f"    line [{numbers[1]}]")
    return "```mermaid\n" + "\n".join(drawn) + "\n```"
