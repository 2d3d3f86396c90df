"""How a variable of the environment is read, and what is said of one that is wrong."""

import math
from collections.abc import Mapping


class SettingError(ValueError):
    """A variable of the environment does not say what it should."""


def whole(environment: Mapping[str, str], name: str, default: int) -> int:
    """A whole number from 1 on; the default where it is not set.

    Raises:
        SettingError: it is none.
    """
    text = environment.get(name)
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise SettingError(f"{name}: must be a whole number from 1 on (got {text!r})")
    return int(text)


def number(name: str, text: str) -> float:
    """A finite number.

    Raises:
        SettingError: it is none.
    """
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise SettingError(f"{name}: must hold numbers (got {text!r})")
    return found
