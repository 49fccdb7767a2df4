from training.studies.words import edits, plain, repeats


def test_words_are_compared_without_case_and_punctuation() -> None:
    assert plain("Kids’ dogs: don't TALK—by the door!") == ["kids'", "dogs", "don't", "talk", "by", "the", "door"]


def test_every_wrong_missing_and_added_word_is_an_error() -> None:
    assert edits(["kids", "are", "talking"], ["kids", "are", "talking"]) == 0
    assert edits(["kids", "are", "talking"], ["kits", "talking", "now"]) == 3
    assert edits(["kids"], []) == 1


def test_four_words_three_times_running_are_a_loop() -> None:
    phrase = ["by", "the", "door", "we"]
    assert repeats(["so", "by", "the", "door", *phrase * 3])
    assert not repeats([*phrase * 2, "by", "the", "door"])
