"""The section `monitor`: how far production may move from what it was, or from what was measured, before it is said."""

from typing import Literal

from pydantic import Field

from mainline.config.section import Section

Wait = Literal["auto", 1, 2, 4, 7, 14, 28]


class Monitor(Section):
    """What the monitor watches the model in production for."""

    tolerance: float = Field(0.02, gt=0, le=0.25)
    """How far the mean score of a column, of the answers or of the estimated risk may move: of 1."""
    risk: float = Field(0.02, gt=0, le=0.5)
    """By how much more may be wrong than on the dev rows; of a regression, clipped squared error."""
    labels: float = Field(0.05, gt=0, le=0.5)
    """How far the share of answers that get a label, and of each class among the labels, may move."""
    wait: Wait = "auto"
    """Days after an answer by which its label has come; auto: nine tenths of the labels of the version before had."""
