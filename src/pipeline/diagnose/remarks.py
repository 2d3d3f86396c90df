"""What libraries warn of while the model is fitted and asked."""

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

OF_TOMORROW = (FutureWarning, DeprecationWarning, PendingDeprecationWarning)


@contextmanager
def kept() -> Iterator[list[str]]:
    """Once each; of others than scikit-learn's, which may quote cells, the kind."""
    found: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield found
    said = Counter(_remark(each) for each in caught if not issubclass(each.category, OF_TOMORROW))
    found += [f"{text} (in {count} fits or answers)" if count > 1 else text for text, count in sorted(said.items())]


def _remark(caught: warnings.WarningMessage) -> str:
    kind = caught.category
    lines = str(caught.message).strip().splitlines()
    return f"{kind.__name__}: {lines[0]}" if lines and kind.__module__.startswith("sklearn.") else kind.__name__
