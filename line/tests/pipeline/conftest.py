"""The project's own settings, tables and folder, for what takes its stages further than a project's tests do."""

from tests.pipeline.conftest import folder, mixed, numbers, settings

__all__ = ["folder", "mixed", "numbers", "settings"]
