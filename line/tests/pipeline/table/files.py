"""Tables in files, and what is said of those that are none."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.errors import ParamsError, SourceError
from pipeline.sections import Data
from pipeline.table import sources


def read(path: Path, content: bytes, **data: Any) -> pd.DataFrame:
    """The table that a file holds."""
    path.write_bytes(content)
    return sources.read(Data.model_validate({"source": str(path), "target": "label"} | data))


def refusal(path: Path, content: bytes, **data: Any) -> str:
    """What is said, in one line, where there is none."""
    with pytest.raises((SourceError, ParamsError)) as error:
        read(path, content, **data)
    assert "\n" not in str(error.value)
    return str(error.value)
