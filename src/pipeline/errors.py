"""Everything that can go wrong for a user of the pipeline; `python -m pipeline` prints it as one line.

PipelineError
├── ParamsError      params.yaml is wrong
├── SourceError      the data cannot be read
├── DataError        the data were read, and are not fit
└── ModelError       the model cannot be made, or cannot be trusted
"""

import difflib
import re
from collections.abc import Iterable

# what libraries raise at rows, parameters or files that they were not made for
FAILURES = (ValueError, TypeError, ArithmeticError, AttributeError, LookupError, RuntimeError, MemoryError)

# what says a key of params.yaml: section.key, and not a file of that name; or what stands first after params.yaml
SECTIONS = "data|clean|validate|labels|split|train|diagnose|search|service|gate|canary|card|dataset"
KEY = re.compile(
    rf"params\.yaml: ({SECTIONS})\b|params\.yaml: \w+[.:]|(?<![\w./-])({SECTIONS})\."
    r"(?!(?:csv|dvc|env|gz|json|jsonl|lock|log|md|parquet|py|skops|tsv|txt|ya?ml)\b)[a-z]"
)
PAGE = "docs/params.md"

# how the loader of Linux and that of macOS name a library of the system's that a package needs and that is not there
LIBRARY = re.compile(r"([\w.+-]+\.so[\w.]*): cannot open shared object file|Library not loaded: (?:\S*/)?(\S+)")
BROUGHT_BY = {
    "libgomp.so.1": "on Debian and Ubuntu: apt-get install libgomp1",
    "libomp.dylib": "on macOS: brew install libomp",
}


class PipelineError(Exception):
    """The base: its message says in one line what is wrong, where, what to do next, and where a key is explained."""

    def __init__(self, message: str) -> None:
        super().__init__(pointed(" ".join(message.splitlines())))  # values that it quotes may hold several


class ParamsError(PipelineError):
    """params.yaml does not say what the pipeline needs, or says something it does not know."""


class SourceError(PipelineError):
    """The source could not be read as a table."""


class DataError(PipelineError):
    """The table cannot be used for what params.yaml asks of it."""


class ModelError(PipelineError):
    """The model cannot be built, fitted, saved or loaded."""


def pointed(message: str) -> str:
    """A message, with the place where the first key of params.yaml that it names is explained."""
    found = KEY.search(message)
    if not found or PAGE in message:
        return message
    section = found[1] or found[2]
    return f"{message} ({PAGE}{f'#{section}' if section else ''})"


def nearest(name: object, known: Iterable[object]) -> str:
    """A hint for a name that is not there: "; did you mean 'x'?", or the names there are."""
    names = [str(each) for each in known]
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"; there are: {shown}" if names else ""


def absent_library(error: BaseException) -> str | None:
    """Which library of the system's a package did not find as it was imported, and what brings it; None: not that."""
    if not (found := LIBRARY.search(str(error))):
        return None
    name = found[1] or found[2]
    brings = BROUGHT_BY.get(name, "the system has a package that brings it")
    return f"{name}, a library of the system, is not here; {brings}"


def without_password(url: str) -> str:
    """A source, or text that quotes one, fit to be printed."""
    url = re.sub(r"://([^:/@\s]*):\S*@", r"://\1:***@", url)
    return re.sub(r"(?i)\b(\w*(?:password|pwd|token|secret|sig|signature|key)=)[^&;\s]+", r"\1***", url)


def brief(error: BaseException) -> str:
    """The first line of an exception's text, of bounded length and without passwords."""
    if isinstance(error, FileNotFoundError) and "://" in str(error):  # aiohttp's reason hides behind the bare address
        return brief(error.__cause__) if error.__cause__ else "nothing is there"
    text = str(error).strip() or type(error).__name__
    return without_password(text.splitlines()[0])[:200]
