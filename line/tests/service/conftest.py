"""The project's own models and clients, for what takes its service further than a project's tests do."""

from tests.service.conftest import folders, start

__all__ = ["folders", "start"]
