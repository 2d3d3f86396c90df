"""The monitor's mathematics: numbers in, numbers out, no files. What is allowed, and what days say against it.

A Null says what "nothing has moved further than allowed" means for one signal; a Detector, or `evidence` for all days
at once, what the days since have won by betting against it.
"""

from mainline.monitor.evidence.detector import ALPHA, BAR, BETS, SHARES, YEAR, Detector, combined, evidence, since
from mainline.monitor.evidence.null import Null

__all__ = ["ALPHA", "BAR", "BETS", "SHARES", "YEAR", "Detector", "Null", "combined", "evidence", "since"]
