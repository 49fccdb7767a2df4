"""The languages that a session may ask for are those that the recogniser knows."""

from classifier_worker.speech.models.whisper_files import read_whisper
from classifier_worker.speech.words.vocabulary import Vocabulary
from shared.contract.languages import LANGUAGES


def test_they_are_the_recognisers() -> None:
    assert set(Vocabulary(read_whisper("base").vocabulary, languages=True).languages) == LANGUAGES
