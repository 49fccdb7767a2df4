import pytest

from classifier_worker.speech.words.transcript import Transcript, Word
from classifier_worker.transcription.stable_text import Shown, StableText


def heard(text: str, *, each: float = 0.5, language: str = "en") -> Transcript:
    pieces = list(text) if language == "zh" else text.split()
    words = tuple(Word(piece, at * each, (at + 1) * each, 0.9) for at, piece in enumerate(pieces))
    return Transcript(text, words, language, -0.1, 0.0)


def test_what_two_in_a_row_agree_on_is_stable() -> None:
    text = StableText()
    assert text.take(heard("I scream"), 0.0) == Shown("", "I scream")
    assert text.take(heard("Ice cream is"), 0.0) == Shown("", "Ice cream is")
    assert text.take(heard("Ice cream is nice"), 0.0) == Shown("Ice cream is", "Ice cream is nice")
    assert text.take(heard("Ice cream is nice today"), 0.0) == Shown("Ice cream is nice", "Ice cream is nice today")


def test_case_and_punctuation_may_change_without_a_word_counting_as_another() -> None:
    text = StableText()
    text.take(heard("well. Then"), 0.0)
    assert text.take(heard("Well, then go"), 0.0).stable == "Well, then"


def test_what_is_stable_stays_whatever_is_heard_later() -> None:
    text = StableText()
    text.take(heard("one two three"), 0.0)
    text.take(heard("one two three"), 0.0)
    shown = text.take(heard("won too three four"), 0.0)
    assert shown == Shown("one two three", "one two three four")
    assert text.take(heard("won"), 0.0) == Shown("one two three", "one two three")


@pytest.mark.parametrize("tail", ["ten eleven", "nine ten eleven"])
def test_a_long_utterance_continues_behind_its_stable_words(tail: str) -> None:
    text = StableText()
    nine = "one two three four five six seven eight nine"
    assert text.begin == 0.0
    text.take(heard(nine), 0.0)
    text.take(heard(nine), 0.0)
    assert text.begin == 4.5
    begin = text.begin - (0.5 if tail.startswith("nine") else 0.0)
    assert text.take(heard(tail), begin).text == f"{nine} ten eleven"
    assert text.take(heard(tail), begin).stable == f"{nine} ten eleven"


def test_a_language_without_spaces_gets_none() -> None:
    text = StableText()
    text.take(heard("你好吗", language="zh"), 0.0)
    assert text.take(heard("你好吧", language="zh"), 0.0) == Shown("你好", "你好吧")
