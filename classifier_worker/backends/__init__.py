"""Classifier backends: siblings behind one small protocol."""

from classifier_worker.backends.base import Activity, Backend, Feed, Heard
from shared.settings import Settings

__all__ = ["Activity", "Backend", "Feed", "Heard", "load_backend"]


def load_backend(settings: Settings) -> Backend:
    """The backend that the settings choose, its models loaded.

    Raises FileNotFoundError, in words for a person, when a model file is missing.
    """
    if settings.backend == "mock":
        from classifier_worker.backends.mock import MockBackend

        return MockBackend(settings)
    from classifier_worker.backends.speech import SpeechBackend

    return SpeechBackend(settings)
