"""Looks at the model from all sides, on training rows alone: leaks, luck, and what would help."""
