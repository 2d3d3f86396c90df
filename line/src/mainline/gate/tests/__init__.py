"""Whether the sealed rows show that the challenger's gain over the champion exceeds a margin, per metric.

Every function takes the rows of one test set and tests H0: gain <= margin, where the gain is positive when
the new model is better. A margin of 0 asks for superiority, +C for a minimal gain, -M for non-inferiority.
"""

from mainline.gate.tests.asymptotic import auc_p, f1_p, rmse_p
from mainline.gate.tests.betting import bounded_loss_rejects
from mainline.gate.tests.exact import paired_counts_p

__all__ = ["auc_p", "bounded_loss_rejects", "f1_p", "paired_counts_p", "rmse_p"]
