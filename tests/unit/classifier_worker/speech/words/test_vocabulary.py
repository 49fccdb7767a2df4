from classifier_worker.speech.words.vocabulary import Vocabulary

TOKENS = [
    "ĠIch",  # 0
    "Ġver",
    "steh",
    "e",
    ",",
    "Ġâ",  # 5: a space and the first byte of –
    "Ģĵ",
    "Ġja",
    "æĹ",  # 8, 9: 日
    "¥",
    "æľ¬",
    "ãĢĤ",  # 。
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|de|>",
    "<|ja|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|nocaptions|>",
    "<|notimestamps|>",
]
VOCABULARY = Vocabulary(TOKENS, languages=True)


def spelt(tokens: list[int], language: str) -> list[tuple[object, ...]]:
    return [tuple(word) for word in VOCABULARY.words(tokens, language)]


def test_words_begin_with_a_space_and_keep_their_punctuation() -> None:
    assert spelt([0, 1, 2, 3, 4], "de") == [(" Ich", 0, 1), (" verstehe,", 1, 5)]


def test_a_character_split_over_tokens_is_put_together() -> None:
    assert spelt([0, 5, 6, 7], "de") == [(" Ich –", 0, 3), (" ja", 3, 4)]


def test_half_a_character_at_the_end_is_shown_as_unknown() -> None:
    assert spelt([0, 8], "de") == [(" Ich�", 0, 2)]


def test_languages_without_spaces_have_a_word_for_each_character() -> None:
    assert spelt([8, 9, 10, 11], "ja") == [("日", 0, 2), ("本。", 2, 4)]


def test_the_opening_names_language_and_task() -> None:
    assert VOCABULARY.opening("ja") == [15, 17, 19]
    assert Vocabulary(TOKENS, languages=False).opening("en") == [19]
