"""Classifier backends: siblings behind one small protocol."""

from typing import Final

from classifier_worker.backends.base import Activity, Backend, Feed, Format, Heard
from shared.settings import Settings

__all__ = ["LOAD_ERRORS", "Activity", "Backend", "Feed", "Format", "Heard", "load_backend"]

LOAD_ERRORS: Final = (FileNotFoundError, ValueError, RuntimeError)
"""What `load_backend` raises, in words for a person: a model file is missing or damaged; a package or the wanted
device is missing."""


def load_backend(settings: Settings) -> Backend:
    """The backend that the settings choose, its models loaded.

    Raises one of LOAD_ERRORS.
    """
    if settings.backend == "mock":
        from classifier_worker.backends.mock import MockBackend

        return MockBackend(settings)
    # Without a tone model when settings.facts_only.
    from classifier_worker.backends.speech import SpeechBackend

    return SpeechBackend(settings)
