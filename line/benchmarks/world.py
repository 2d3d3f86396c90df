"""A production and a canary that exist only as counters, so that the whole judge can be tried many times."""

from dataclasses import dataclass, field

import numpy as np

from mainline import config
from mainline.canary.counts import Counts
from mainline.canary.judge import Judge, Opinion

EDGES = np.array([round(0.00025 * 1.25**i, 6) for i in range(48)])


@dataclass(frozen=True)
class Behaviour:
    """How a version answers: chances per request, and the middle of its latencies in seconds."""

    failed: float = 0.01
    refused: float = 0.005
    wrong: float = 0.1
    seconds: float = 0.008
    spread: float = 0.4
    answers: tuple[float, ...] = (0.5, 0.3, 0.2)
    joined: float = 0.97
    labelled: float = 0.5


@dataclass
class Side:
    """One side's counters, which only grow."""

    behaviour: Behaviour
    generator: np.random.Generator
    began: float = 1.0
    version: str = ""
    rows: int = 1
    _counters: dict[str, np.ndarray] = field(default_factory=dict)

    def serve(self, requests: int) -> None:
        """Answer so many requests."""
        b, draw = self.behaviour, self.generator
        failed, refused, good = draw.multinomial(requests, [b.failed, b.refused, 1 - b.failed - b.refused])
        seconds = np.sort(b.seconds * np.exp(b.spread * draw.standard_normal(good)))
        labelled = draw.binomial(good, b.labelled)
        joined = draw.binomial(labelled, b.joined)
        wrong = draw.binomial(joined, b.wrong)
        new = {
            "codes": np.array([failed, refused, good]),
            "latency": np.append(np.searchsorted(seconds, EDGES, side="right"), good),
            "answers": draw.multinomial(good, b.answers) * self.rows,
            "labels": np.array([joined - wrong, wrong, labelled - joined]),
        }
        self._counters = {name: count + self._counters.get(name, 0) for name, count in new.items()}

    def restart(self, now: float) -> None:
        """Begin anew."""
        self.began, self._counters = now, {}
        self.serve(0)

    def counts(self) -> Counts:
        """What /metrics says."""
        if not self._counters:
            self.serve(0)
        each = {name: count.tolist() for name, count in self._counters.items()}
        return Counts(
            requests=sum(each["codes"]),
            failed=each["codes"][0],
            refused=each["codes"][1],
            latency=dict(zip([*EDGES.tolist(), float("inf")], each["latency"], strict=True)),
            predictions={f"class {i}": count for i, count in enumerate(each["answers"])},
            feedback=dict(zip(("right", "wrong", "unmatched"), each["labels"], strict=True)),
            began=self.began,
            version=self.version,
        )


@dataclass
class World:
    """Traffic split between both, looked at every 10 seconds."""

    canary: Side
    champion: Side
    judge: Judge
    share: float = 0.1
    batch: int = 200
    now: float = 1000.0

    @classmethod
    def of(
        cls,
        canary: Behaviour,
        seed: int,
        settings: config.Canary | None = None,
        share: float = 0.1,
        batch: int = 200,
        champion: Behaviour | None = None,
    ) -> "World":
        """A canary that behaves so, beside a production that has served 3,000 requests."""
        generator = np.random.default_rng(seed)
        production = Side(champion or Behaviour(), generator, version="old")
        production.serve(3000)
        judge = Judge(settings or config.Canary())
        return cls(Side(canary, generator, version="new"), production, judge, share, batch)

    def look(self) -> Opinion:
        """Ask the judge about what there is."""
        return self.judge.observe(self.canary.counts(), self.champion.counts(), self.share, self.now)

    def step(self, requests: int | None = None) -> Opinion:
        """Serve a batch, and look."""
        total = self.batch if requests is None else requests
        ours = int(self.canary.generator.binomial(total, self.share))
        self.canary.serve(ours)
        self.champion.serve(total - ours)
        self.now += 10
        return self.look()

    def until(self, *answers: str, looks: int = 100) -> Opinion:
        """Go on until one of the answers, at most so many looks."""
        opinion = self.look()
        for _ in range(looks):
            opinion = self.step()
            if opinion.answer in answers:
                break
        return opinion
