"""Rows that are small square images, drawn as SVG in the page's own ink so that they hold in dark mode."""

import math
import re

import numpy as np
import pandas as pd
from markupsafe import Markup

from mainline.report.side import Signature

_PIXEL = re.compile(r"pixel_(\d+)_(\d+)")
_GREYS = 8


def _places(signature: Signature) -> dict[tuple[int, int], str]:
    # a pixel that never varies is ignored by the model, and still part of the picture
    matches = [(_PIXEL.fullmatch(name), name) for name in signature.of_kind("numeric", "ignored")]
    return {(int(m[1]), int(m[2])): name for m, name in matches if m}


def is_picture(signature: Signature) -> bool:
    """Whether the numbers are exactly pixel_<r>_<c> for every place of a square of side 2 or more."""
    places = _places(signature)
    side = math.isqrt(len(places))
    square = {(r, c) for r in range(side) for c in range(side)}
    return side > 1 and set(places) == square and set(signature.of_kind("numeric")) <= set(places.values())


def _runs(level: "np.ndarray[tuple[int, int], np.dtype[np.int_]]", grey: int) -> str:
    path = []
    for y, line in enumerate(level == grey):
        edges = np.flatnonzero(np.diff(np.r_[0, line.astype(int), 0]))
        path += [f"M{a} {y}h{b - a}v1h{a - b}z" for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return "".join(path)


def picture(row: "pd.Series[float]", signature: Signature, title: str) -> Markup:
    """One row as an inline SVG; the darkest ink is the largest value the training rows had."""
    places = _places(signature)
    side = math.isqrt(len(places))
    maxima = [float(c.maximum) for c in signature.columns if c.kind == "numeric" and c.maximum is not None]
    values = np.array([[float(row.get(places[r, c], 0.0)) for c in range(side)] for r in range(side)])
    top = max(maxima, default=0.0) or float(np.nanmax(values)) or 1.0
    level = np.rint(np.clip(np.nan_to_num(values) / top, 0, 1) * _GREYS).astype(int)
    paths = Markup("").join(
        Markup('<path fill-opacity="{}" d="{}"/>').format(round(grey / _GREYS, 3), _runs(level, grey))
        for grey in range(1, _GREYS + 1)
        if (level == grey).any()
    )
    return Markup(
        '<svg class="picture" role="img" viewBox="0 0 {0} {0}" shape-rendering="crispEdges"><title>{1}</title>{2}</svg>'
    ).format(side, title, paths)
