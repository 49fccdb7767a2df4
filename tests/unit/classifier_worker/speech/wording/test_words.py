import pytest

from shared.contract.tone_event import AFFECTS
from shared.words import LANGUAGES, words_of
from tests.wordings import FILE, content


def test_the_page_is_tested_with_what_the_worker_says() -> None:
    assert FILE.read_text() == content(), "run ./manage.sh python -m tests.wordings"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_all_words(language: str) -> None:
    english, words = words_of("en"), words_of(language)
    assert list(words.affects) == list(AFFECTS)
    for affect, its in words.affects.items():
        assert its.labels.keys() == its.deliveries.keys() == english.affects[affect].labels.keys()
        assert its.leanings.keys() == english.affects[affect].leanings.keys()
    assert {one: of.keys() for one, of in words.mixed.items()} == {one: of.keys() for one, of in english.mixed.items()}
    assert words.sentence.opening.keys() == words.sentence.delivery.keys() == english.sentence.opening.keys()
    assert words.sentence.measured.keys() == english.sentence.measured.keys()
    assert words.compared.keys() == english.compared.keys()
    assert words.facts.measured.keys() == english.facts.measured.keys()
