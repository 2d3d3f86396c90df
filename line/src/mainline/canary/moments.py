"""How alike the requests of one user are, and so how much less they say than as many independent ones would.

The unit is the router's bucket of users. A side tells only sums over its buckets, with n requests in one and b bad
ones among them; from those comes the intraclass correlation (Donner and Klar, "Design and Analysis of Cluster
Randomization Trials", 2000), pooled over both sides, and from it the design effect (Kish, "Survey Sampling", 1965).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Rate = tuple[int, int]
"""How many there were, and how many of them were bad."""
NOTHING: Rate = (0, 0)
LEAST = 0.05  # of 1 - NN/N^2: where one bucket is nearly all there is, the residuals say next to nothing


@dataclass(frozen=True)
class Moments:
    """Sums over the buckets of one side, for one rate.

    Raises ValueError where no buckets have such sums.

    >>> Moments.of({17: (3, 1), 404: (1, 0)})
    Moments(n=4, b=1, nn=10, bb=1, nb=3, buckets=2, top={17: (3, 1)}, size=2.5)
    """

    n: int = 0
    b: int = 0
    nn: int = 0
    bb: int = 0
    nb: int = 0
    buckets: int = 0
    """Those with a request."""
    top: Mapping[int, Rate] = field(default_factory=dict)
    """Requests, and the bad ones, of the buckets with most bad, by number."""
    size: float = 0.0
    """How many requests the bucket of an average request sent: NN/N, of several processes at most the sum of theirs."""

    def __post_init__(self) -> None:
        ordered = 0 <= self.b <= self.bb <= self.nb <= self.nn <= self.n**2 and self.b <= self.n <= self.nn
        if not ordered or not (self.n > 0) <= self.buckets <= self.n:
            raise ValueError(f"no buckets have the sums {[self.n, self.b, self.nn, self.bb, self.nb, self.buckets]}")
        if any(not 0 <= bad <= total <= self.n or bad > self.b for total, bad in self.top.values()):
            raise ValueError(f"no bucket of {self.n} requests, {self.b} bad, has {dict(self.top)}")
        if self.n and not self.size:
            object.__setattr__(self, "size", self.nn / self.n)

    @classmethod
    def of(cls, buckets: Mapping[int, Rate], most: int = 8) -> Self:
        """The sums over known buckets: requests and bad ones by number."""
        there = {bucket: each for bucket, each in buckets.items() if each[0]}
        n, b = ([each[i] for each in there.values()] for i in (0, 1))
        worst = sorted((bucket for bucket in there if there[bucket][1]), key=lambda bucket: -there[bucket][1])
        return cls(
            sum(n),
            sum(b),
            sum(x * x for x in n),
            sum(x * x for x in b),
            sum(x * y for x, y in zip(n, b, strict=True)),
            len(n),
            {bucket: there[bucket] for bucket in worst[:most]},
        )

    def plus(self, other: Self) -> Self:
        """Both together, of other processes or lives.

        What a bucket sent to either is not known to be its own there. Yet the square of a sum is at most the sum of
        the squares, each over its part (Cauchy and Schwarz), so that the sizes added up bound its size.

        >>> one, other = Moments.of({1: (4, 0)}), Moments.of({1: (4, 1), 2: (1, 0)})
        >>> one.plus(other).size
        7.4
        """
        if not self.n or not other.n:
            return replace(self if self.n else other)
        top = {
            bucket: add(self.top.get(bucket, NOTHING), other.top.get(bucket, NOTHING))
            for bucket in [*self.top, *(each for each in other.top if each not in self.top)]
        }
        return type(self)(
            self.n + other.n,
            self.b + other.b,
            self.nn + other.nn,
            self.bb + other.bb,
            self.nb + other.nb,
            self.buckets + other.buckets,
            top,
            self.size + other.size,
        )


def add(one: Rate, other: Rate) -> Rate:
    """Both together."""
    return one[0] + other[0], one[1] + other[1]


def excess(n: ArrayLike, b: ArrayLike, nn: ArrayLike, bb: ArrayLike, nb: ArrayLike) -> Floats:
    """How much further the buckets' bad ones lie from their share than independent requests' would: in pairs.

    The sum over buckets of (b - p n)^2 in units of p (1 - p), less n. The inputs broadcast; 0 where nothing is bad, or
    all is.

    >>> float(excess(n=20, b=10, nn=200, bb=100, nb=100))  # two buckets of 10 requests, all bad in one of them
    380.0
    """
    n, b, nn, bb, nb = (np.asarray(each, dtype=np.float64) for each in (n, b, nn, bb, nb))
    whole = np.maximum(n, 1)
    p = b / whole
    squares = bb - 2 * p * nb + p * p * nn
    seen = np.maximum(1 - nn / whole**2, LEAST)  # p is the side's own: the residuals are that much smaller
    return np.where((b > 0) & (b < n), squares / np.maximum(p * (1 - p), 1e-12) / seen - n, 0.0)


def likeness(canary: ArrayLike, champion: ArrayLike, pairs: ArrayLike, alike: float = 0.0) -> Floats:
    """The intraclass correlation of both sides together, from their `excess` and the pairs of requests in one bucket.

    Args:
        pairs: the sum over both sides' buckets of n (n - 1).
        alike: it is taken to be this at least.

    >>> float(likeness(45, 45, 180))
    0.5
    """
    ours, theirs, possible = (np.asarray(each, dtype=np.float64) for each in (canary, champion, pairs))
    return np.asarray(np.clip((ours + theirs) / np.maximum(possible, 1), alike, 1))


def design_effect(rho: ArrayLike, sizes: tuple[ArrayLike, ArrayLike], totals: tuple[ArrayLike, ArrayLike]) -> Floats:
    """By how much the variance of the two rates' difference is larger than independent requests would have it.

    Args:
        rho: the correlation within a bucket.
        sizes: of the bucket of an average request, of the canary and of the champion.
        totals: their requests.

    >>> float(design_effect(0.5, (1, 1), (100, 900)))  # one request a bucket: nothing to hang together
    1.0
    >>> float(design_effect(0.5, (3, 3), (100, 900)))
    2.0
    """
    each = [1 + np.asarray(rho) * (np.maximum(np.asarray(size, dtype=np.float64), 1) - 1) for size in sizes]
    weights = [1 / np.maximum(np.asarray(total, dtype=np.float64), 1) for total in totals]
    return np.asarray(np.maximum(1, (each[0] * weights[0] + each[1] * weights[1]) / (weights[0] + weights[1])))


@dataclass(frozen=True)
class Users:
    """What the users behind a rate do to its evidence; as it is given, each request is one of its own."""

    harm: float = 1.0
    """The design effect, for evidence that the canary is worse."""
    shown: float = 1.0
    """The same to go on: the correlation is `alike` at least, as few users seldom show how alike they are."""
    top: Rate = NOTHING
    """Requests of the canary's bucket with most bad ones, and those bad ones."""
    bucket: int | None = None
    """Its number."""

    @classmethod
    def of(cls, canary: Moments, champion: Moments, alike: float, both: Mapping[int, int] | None = None) -> Self:
        """From both sides' sums.

        Args:
            both: bad ones of the canary by bucket that are no harm, as production failed them too.

        >>> ours, theirs = Moments.of({3: (2, 2), 4: (2, 0)}), Moments.of({5: (4, 0), 6: (4, 4)})
        >>> Users.of(ours, theirs, alike=0.005)
        Users(harm=2.666..., shown=2.666..., top=(2, 2), bucket=3)
        """
        sides = canary, champion
        ours, theirs = (excess(each.n, each.b, each.nn, each.bb, each.nb) for each in sides)
        pairs = sum(each.nn - each.n for each in sides)
        sizes, totals = (canary.size, champion.size), (canary.n, champion.n)
        harm, shown = (
            float(design_effect(likeness(ours, theirs, pairs, least), sizes, totals)) for least in (0.0, alike)
        )
        spared = both or {}
        left = {bucket: (n, b - spared.get(bucket, 0)) for bucket, (n, b) in canary.top.items()}
        bad = [bucket for bucket in left if left[bucket][1] > 0]
        worst = max(bad, key=lambda bucket: (left[bucket][1], bucket), default=None)
        return cls(harm, shown, NOTHING if worst is None else left[worst], worst)
