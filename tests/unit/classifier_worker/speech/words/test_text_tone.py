"""What the bundled model says of plain sentences, as people say them and as the recogniser may write them."""

import math
from pathlib import Path

import numpy as np
import pytest

from classifier_worker.speech.words.text_features import MOST_WORDS, key, keys, plain_words
from classifier_worker.speech.words.text_tone import OUTCOMES, PATH, TextTone, by_polarity
from shared.contract.tone_event import AFFECTS

POSITIVE = (
    "Thank you so much, that was lovely.",
    "I love this song.",
    "You did a great job, congratulations!",
    "This is amazing, I'm so happy for you.",
)
NEGATIVE = (
    "I hate this, it's awful.",
    "That is disgusting.",
    "I'm so angry with you right now.",
    "This is the worst, it makes me sad.",
)
NEUTRAL = (
    "The meeting is at three.",
    "The train leaves from platform two.",
    "He moved to the house on the corner.",
)


@pytest.fixture(scope="module")
def tone() -> TextTone:
    return TextTone.load()


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        *((text, "positive") for text in POSITIVE),
        *((text, "negative") for text in NEGATIVE),
        *((text, "neutral") for text in NEUTRAL),
    ],
)
def test_plain_sentences(tone: TextTone, text: str, polarity: str) -> None:
    said = tone.of(text)
    assert said is not None
    assert said.polarity == polarity


def test_thanks_are_surely_warm_and_insults_surely_frustrated_or_dismissive(tone: TextTone) -> None:
    thanks, hate = tone.of(POSITIVE[0]), tone.of("You are a stupid idiot, I hate you.")
    assert thanks is not None
    assert hate is not None
    assert thanks.affect == "warm"
    assert thanks.confidence >= tone.sure
    assert hate.affect in {"frustrated", "dismissive"}


@pytest.mark.parametrize(
    "text", ["", " ", "mhm", "Mm-hmm.", "Um, uh.", "42", "3.14, 2,000!", "…", "你好", "Zxqv wkfjq."]
)
def test_it_abstains_where_no_known_word_is(tone: TextTone, text: str) -> None:
    assert tone.of(text) is None


def test_it_abstains_where_few_of_the_words_are_known(tone: TextTone) -> None:
    assert tone.of("The zxqv wkfjq brzlm.") is None


@pytest.mark.parametrize("text", [*POSITIVE, *NEGATIVE, *NEUTRAL])
def test_case_punctuation_fillers_and_quotes_change_nothing(tone: TextTone, text: str) -> None:
    said = tone.of(text)
    assert tone.of(text.upper().replace("'", "’")) == said
    assert tone.of("Um, " + text.replace(",", "").rstrip(".!") + " 😀") == said


def test_a_text_gives_the_same_bytes_every_time(tone: TextTone) -> None:
    again = TextTone.load()
    for text in (*POSITIVE, *NEGATIVE, *NEUTRAL):
        first, second = tone.of(text), again.of(text)
        assert first is not None
        assert second is not None
        assert first.model_dump_json() == second.model_dump_json()
        assert round(first.confidence, 4) == first.confidence


def test_probabilities_add_up(tone: TextTone) -> None:
    for text in (*POSITIVE, "", "Zxqv."):
        outcomes = tone.probabilities(plain_words(text))
        assert len(outcomes) == len(OUTCOMES)
        assert math.isclose(sum(outcomes), 1.0)
        assert math.isclose(sum(by_polarity(outcomes).values()), 1.0)


def test_a_polarity_is_likelier_than_the_others_together_and_its_affect_is_one_of_ours(tone: TextTone) -> None:
    for text in (*POSITIVE, *NEGATIVE, *NEUTRAL, "Well, good or bad, I hate it and I love it."):
        said = tone.of(text)
        if said is not None:
            assert said.confidence >= 0.5
            assert said.affect is None or said.affect in AFFECTS


def test_it_is_never_certain(tone: TextTone) -> None:
    for text in (
        "Thank you!",
        "Thank you, thank you, I love it, lovely, amazing!",
        "I hate this disgusting stupid idiot.",
    ):
        said = tone.of(text)
        assert said is not None
        assert 0.9 < said.confidence < 1.0 - tone.doubt / 4


def test_an_endless_text_is_read_to_a_bound(tone: TextTone) -> None:
    words = plain_words("thank you so much " * 5_000)
    assert len(words) == MOST_WORDS
    assert tone.of("thank you so much " * 5_000) is not None


def test_what_is_saved_is_what_loads(tone: TextTone, tmp_path: Path) -> None:
    path = tmp_path / "copy.npz"
    tone.save(path)
    again = TextTone.load(path)
    assert np.array_equal(again.weights, tone.weights)
    assert again.of(POSITIVE[0]) == tone.of(POSITIVE[0])
    assert again.sure == tone.sure


def test_the_bundled_file_is_small() -> None:
    assert PATH.stat().st_size <= 2_000_000


def test_words_are_plain() -> None:
    assert plain_words("Café! It’s SOOOOO good—um, 3 times.") == ["cafe", "it's", "soo", "good", "times"]


def test_letters_within_a_word_are_no_phrase() -> None:
    assert key("the") in keys(["the"])
    assert key("the") not in keys(["mother"])
    assert keys(["not", "good"]) > keys(["not"]) | keys(["good"])
