"""Evidence and names in words."""

import math

CERTAIN = 1e6  # odds above it are said as a power of ten


def below(log_e: float) -> str:
    """Evidence that is not enough yet, rounded down: it must not read as if it were."""
    found = math.exp(log_e)
    return f"{math.floor(10 * found) / 10:g}" if found >= 1 else f"{found:.2g}"


def odds(log_e: float) -> str:
    """Evidence as odds: 1 : 310."""
    if log_e > math.log(CERTAIN):
        return f"1 : 10^{log_e / math.log(10):.0f}"
    return f"1 : {float(f'{math.exp(log_e):.2g}'):,.0f}"


def listed(names: list[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
