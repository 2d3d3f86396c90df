"""Where data/stream keeps its rows, and what git has of it; a module of its own, since it needs no table to be read."""

ROWS, WAITING = "data/stream/rows.parquet", "data/stream/waiting.parquet"
IGNORE = "data/stream/.gitignore"
KEPT = (f"{ROWS}.dvc", f"{WAITING}.dvc", IGNORE)
"""What git has of it."""
TOUCHED = (ROWS, WAITING, *KEPT)
