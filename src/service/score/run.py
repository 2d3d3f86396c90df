"""Reading, predicting and writing side by side: pieces in, answers into the journal and the output, in their order."""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa

from service.score.journal import Journal
from service.score.model import Scorer
from service.score.progress import Shows, say
from service.score.tables import Source
from service.score.writers import Writer

AHEAD = 3  # pieces that reading and writing may be ahead or behind
T = TypeVar("T")


@dataclass
class Done:
    """What came of it."""

    rows: int
    resumed_at: int
    seconds: float
    unreadable: Counter[str]


class Run:
    """Answers on their way into the journal and the output."""

    def __init__(self, journal: Journal, writer: Writer, done: Done) -> None:
        self._journal, self._writer, self.done = journal, writer, done

    def resume(self, about: dict[str, Any], source: Source) -> None:
        """Take over the answers of an earlier run of the same."""
        changed = self._journal.begin(about)
        if changed:
            say(f"starting over: the {changed} changed since the run that stopped")
        for table, facts in self._journal.replay():
            self._writer.write(table)
            self.done.resumed_at += table.num_rows
            self.done.unreadable.update(facts["unreadable"])
            source.countable = facts["countable"]
        self.done.rows = self.done.resumed_at
        if self.done.rows:
            say(f"going on after row {self.done.rows:,}")

    def go(self, scorer: Scorer, source: Source, progress: Shows) -> None:
        """Answer for the rest."""
        tables = pieces(source.batches(scorer.columns, self.done.rows), scorer.rows)
        written: deque[Future[None]] = deque()
        try:
            with ThreadPoolExecutor(1) as thread:
                for table, countable in _ahead((table, source.countable) for table in tables):
                    answers, unreadable = scorer.answer(table, self.done.rows)
                    self.done.rows += table.num_rows
                    self.done.unreadable.update(unreadable)
                    facts = {"unreadable": unreadable, "countable": countable}
                    written.append(thread.submit(self._write, answers, facts))
                    if len(written) > AHEAD:
                        written.popleft().result()
                    progress.show(self.done.rows)
                for each in written:
                    each.result()
        finally:
            progress.clear()

    def _write(self, answers: pa.Table, facts: dict[str, Any]) -> None:
        self._journal.keep(answers, facts)
        self._writer.write(answers)


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, the next few of which are already being made by a thread."""
    end = object()
    with ThreadPoolExecutor(1) as thread:
        coming: deque[Future[Any]] = deque(thread.submit(next, items, end) for _ in range(AHEAD))
        while (item := coming.popleft().result()) is not end:
            coming.append(thread.submit(next, items, end))
            yield item


def pieces(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Tables of so many rows; the last has up to twice as many, as linear algebra rounds few rows differently."""
    held: pa.Table | None = None
    for batch in batches:
        table = pa.Table.from_batches([batch])
        held = table if held is None else pa.concat_tables([held, table])
        while held.num_rows >= 2 * rows:
            yield held.slice(0, rows)
            held = held.slice(rows)
    if held is not None and held.num_rows:
        yield held
