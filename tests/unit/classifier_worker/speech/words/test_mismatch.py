"""Words and voice part only where both are sure and the combination is plain."""

import re

import pytest

from classifier_worker.speech.words.mismatch import SENTENCES, SURE_VOICE, SURE_WORDS, mismatch
from classifier_worker.speech.words.text_tone import TextTone
from shared.contract.tone_event import AFFECTS, Affect
from shared.contract.transcript_event import Mismatch, Polarity, WordsTone

FRIENDLY = WordsTone(polarity="positive", confidence=0.95, affect="warm")
HARSH = WordsTone(polarity="negative", confidence=0.95, affect="frustrated")


@pytest.mark.parametrize(
    ("voice", "sentence"),
    [
        ("anxious", "Friendly words, tense voice."),
        ("frustrated", "Friendly words, impatient voice."),
        ("sad", "Friendly words, sad voice."),
        ("dismissive", "Friendly words, dismissive voice."),
    ],
)
def test_friendly_words_in_an_unfriendly_voice(voice: Affect, sentence: str) -> None:
    assert mismatch(FRIENDLY, voice, 0.9) == Mismatch(words="positive", voice=voice, sentence=sentence)


@pytest.mark.parametrize("affect", ["frustrated", "dismissive"])
def test_harsh_words_in_a_warm_voice(affect: Affect) -> None:
    words = HARSH.model_copy(update={"affect": affect})
    assert mismatch(words, "warm", 0.9) == Mismatch(words="negative", voice="warm", sentence="Harsh words, warm voice.")


def test_no_other_voice_parts_from_any_words() -> None:
    said = {(words.polarity, voice) for words in (FRIENDLY, HARSH) for voice in AFFECTS if mismatch(words, voice, 1.0)}
    unfriendly = ("anxious", "frustrated", "sad", "dismissive")
    assert said == {("negative", "warm"), *(("positive", voice) for voice in unfriendly)}


@pytest.mark.parametrize(
    ("polarity", "affect"),
    [
        ("positive", None),
        ("neutral", "neutral"),
        ("neutral", "surprised"),
        ("negative", "sad"),
        ("negative", "anxious"),
        ("negative", "apologetic"),
        ("negative", None),
    ],
)
def test_words_that_fit_many_voices_part_from_none(polarity: Polarity, affect: Affect | None) -> None:
    words = WordsTone(polarity=polarity, confidence=1.0, affect=affect)
    assert [voice for voice in AFFECTS if mismatch(words, voice, 1.0)] == []


def test_both_must_be_sure() -> None:
    unsure = FRIENDLY.model_copy(update={"confidence": SURE_WORDS - 0.01})
    assert mismatch(unsure, "frustrated", 1.0) is None
    assert mismatch(FRIENDLY, "frustrated", SURE_VOICE - 0.01) is None
    barely = FRIENDLY.model_copy(update={"confidence": SURE_WORDS})
    assert mismatch(barely, "frustrated", SURE_VOICE) is not None


def test_nothing_parts_from_nothing() -> None:
    assert mismatch(None, "frustrated", 1.0) is None
    assert mismatch(FRIENDLY, None, 1.0) is None


def test_sure_words_are_no_less_sure_than_the_model_asks() -> None:
    assert TextTone.load().sure <= SURE_WORDS


def test_sentences_are_of_words_and_voice_alone() -> None:
    for sentence in SENTENCES.values():
        assert re.fullmatch(r"(Friendly|Harsh) words, \w+ voice\.", sentence)
