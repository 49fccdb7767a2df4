import itertools
import re
from collections.abc import Sequence

import pytest

from classifier_worker.speech.prosody.flags import FLAGS
from classifier_worker.speech.wording import sentences
from classifier_worker.speech.wording.choice import percent, second_affect, wording
from shared.contract.tone_event import AFFECTS, EVEN, Affect
from shared.words import words_of

WORDS = words_of("en").affects

PAIRS: list[tuple[Affect, Affect | None]] = [*itertools.product(AFFECTS, AFFECTS), *((a, None) for a in AFFECTS)]
AROUSALS = (-1.0, -0.4, 0.0, 0.4, 1.0)
VALENCES = (None, -0.8, -0.2, 0.0, 0.2, 0.8)
CONFIDENCES = (0.6, 0.75, 0.9)

DIAGNOSES = re.compile(
    r"depress|bipolar|autis|adhd|disorder|neuro|psych|manic|mania|panic|patholog|patient|symptom|suffer|mental|"
    r"hysteric|paranoi|trauma|narciss|hostile|aggressive|liar|lying|unstable|drunk",
    re.IGNORECASE,
)
FIGURES = re.compile(
    r"\b(heavy|bitter|cool(ly)?|cold|sharp(ly)?|edge|bright|dark|distant|clipped|tender|wistful|worn|taken aback|"
    r"weighs|bubbling|breathless|sadly)\b",
    re.IGNORECASE,
)
"""Words that mean a tone only between the lines, or two things ("sadly calm")."""
CLAIMS = re.compile(
    r"\b(he|she|they) (is|are) (?!glad|unsure|sorry)|\bfeels?\b|\bfeeling\b|speaker is|person is", re.IGNORECASE
)


def label(
    affect: Affect,
    second: Affect | None,
    arousal: float | None,
    flags: Sequence[str] = (),
    valence: float | None = None,
) -> str:
    return sentences.label(affect, wording(affect, second, 0.9, arousal, flags, valence=valence))


def subtext(
    affect: Affect,
    second: Affect | None,
    confidence: float,
    flags: Sequence[str] = (),
    *,
    valence: float | None = None,
) -> str:
    return sentences.subtext(affect, wording(affect, second, confidence, None, flags, valence=valence))


def elcor(
    affect: Affect,
    second: Affect | None,
    confidence: float,
    arousal: float | None,
    flags: Sequence[str] = (),
    *,
    valence: float | None = None,
) -> str:
    chosen = wording(affect, second, confidence, arousal, flags, valence=valence, elcor=True)
    return sentences.subtext(affect, chosen)


def delivery(sentence: str) -> str:
    """The brackets before a sentence in Elcor style."""
    return sentence.partition("]")[0] + "]"


def every_delivery() -> set[str]:
    product = itertools.product(PAIRS, CONFIDENCES, AROUSALS, VALENCES)
    return {delivery(elcor(a, s, c, x, valence=v)) for (a, s), c, x, v in product}


def every_label() -> set[str]:
    flags: list[tuple[str, ...]] = [(), *((flag,) for flag in FLAGS)]
    return {label(a, s, x, f, v) for (a, s), x, f, v in itertools.product(PAIRS, AROUSALS, flags, VALENCES)}


def every_sentence() -> set[str]:
    flags: list[tuple[str, ...]] = [(), *((flag,) for flag in FLAGS), ("louder", "faster"), ("slower", "shaky")]
    return {
        subtext(a, s, c, f, valence=v) for (a, s), c, f, v in itertools.product(PAIRS, CONFIDENCES, flags, VALENCES)
    }


OPPOSITES = (
    (r"even|flatly|calm", r"lively|brisk|astonished|alarmed|startled"),
    (r"(un|dis)pleas\w+|troubled|bothers|worse", r"neutral|simply|glad|friendly|at ease|(?<!un)pleasant\w*|better"),
)
"""What cannot both be said of one window."""


def said(pattern: str, text: str) -> bool:
    return re.search(rf"\b({pattern})\b", text, re.IGNORECASE) is not None


def test_label_delivery_and_sentence_never_contradict_each_other() -> None:
    flags: tuple[tuple[str, ...], ...] = ((), ("flat_pitch",))
    for (a, s), x, f, v, c in itertools.product(PAIRS, AROUSALS, flags, VALENCES, CONFIDENCES):
        above, style = label(a, s, x, f, v), delivery(elcor(a, s, c, x, f, valence=v))
        # What it could be instead, and what was measured, may well differ from what it sounds like.
        sentence = re.sub(r", or else [^;(]*| \([^)]*\)", "", subtext(a, s, c, f, valence=v))
        if s is not None and s != a:  # "Even, a little sad": the words for the second one qualify those for the first
            sentence, style = sentence.partition(";")[0], style.partition(" and a trace")[0]
            above = re.split(r"[, ]", above)[0]
        for one, other in OPPOSITES:
            for text in (f"{above} … {sentence}", f"{above} … {style}"):
                if above not in {"Calm but lively"}:  # says both, of the voice and of its tempo
                    assert not (said(one, text) and said(other, text)), text


def test_the_sentence_says_what_the_label_says_of_pleasantness() -> None:
    assert subtext("surprised", None, 0.75, valence=0.6).startswith("Probably sounds pleasantly surprised; ")
    assert delivery(elcor("surprised", None, 0.75, 0.9, valence=0.6)) == "[With pleasant surprise]"
    assert subtext("neutral", None, 0.75, valence=-0.3).startswith("Probably sounds neutral; ")
    assert subtext("neutral", None, 0.75, ("flat_pitch",), valence=-0.3).startswith("Probably sounds neutral (")


def test_how_sure_it_is_goes_by_the_percent_that_the_page_shows() -> None:
    assert [percent(confidence) for confidence in (0.6949, 0.695, 0.845, 0.8449, 1.0)] == [69, 70, 85, 84, 100]
    assert subtext("sad", None, 0.845).startswith("Sounds ")
    assert subtext("sad", None, 0.695).startswith("Probably ")
    assert delivery(elcor("sad", None, 0.695, 0.0)).startswith("[With ")


def test_every_affect_has_words_also_the_reserved_ones() -> None:
    assert set(WORDS) == set(AFFECTS)


def test_labels_are_short_and_begin_with_a_capital_letter() -> None:
    for text in every_label():
        assert text[0].isupper(), text
        assert 1 <= len(text.split()) <= 5, text
        assert len(text) <= 40, text
        assert "{" not in text
        assert text == text.strip()


def test_labels_differ_between_affects() -> None:
    plain = [WORDS[affect].labels["plain"] for affect in AFFECTS]
    assert len(set(plain)) == len(plain)


def test_subtexts_are_one_sentence() -> None:
    for text in every_sentence():
        assert text[0].isupper(), text
        assert text.endswith("."), text
        assert text.count(".") == 1, text
        assert not re.search(r"[!?\n{}]|  ", text), text
        assert len(text) <= 200, text


def test_nothing_diagnoses_or_claims_to_know_what_someone_feels() -> None:
    for text in every_label() | every_sentence() | every_delivery():
        without_impatience = re.sub(r"impatien(t|ce|tly)", "", text, flags=re.IGNORECASE)
        assert not DIAGNOSES.search(without_impatience), text
        assert not CLAIMS.search(text), text


def test_nothing_has_to_be_read_between_the_lines() -> None:
    for text in every_label() | every_sentence() | every_delivery():
        assert not FIGURES.search(text), text


def test_several_weak_affects_together_give_a_label_its_valence() -> None:
    assert label("surprised", None, 0.7, (), 0.0) == "Unpleasantly surprised"
    assert label("surprised", None, 0.7, (), 0.26) == "Surprised-sounding"


def test_an_even_tone_leans_to_no_side() -> None:
    for valence in (-0.3, 0.0, 0.3):
        assert label("neutral", None, 0.0, (), valence) == "Even and neutral"
    for affect in EVEN:
        assert second_affect({affect: 0.6, "sad": 0.39}, affect) is None
    assert second_affect({"frustrated": 0.6, "sad": 0.39}, "frustrated") == "sad"


CONTRADICTED = {
    "louder": r"soft|softly|quiet|quietly|gentl[ey]",
    "quieter": r"loud|loudly",
    "faster": r"slow|slowly|bored|boredom|no hurry",
    "slower": r"brisk|lively|fast|quick|quickly",
    "flat_pitch": r"lively",
    "wide_pitch": r"flat|flatly|level|even|bored|boredom",
    "shaky": r"level|even|steady",
    "whispered": r"loud|loudly",
    "laughing": r"level|even",
}
"""Flag → what must not be said beside it."""


def test_no_word_contradicts_what_was_measured() -> None:
    pairs = [(one, other) for one, other in itertools.combinations(CONTRADICTED, 2) if {one, other} not in IMPOSSIBLE]
    for flags in [(flag,) for flag in FLAGS] + pairs:
        contradicted = re.compile(rf"\b({'|'.join(CONTRADICTED.get(flag, '(?!)') for flag in flags)})\b", re.IGNORECASE)
        for (affect, second), arousal, valence in itertools.product(PAIRS, (None, *AROUSALS), VALENCES):
            above = label(affect, second, arousal, flags, valence)
            assert not contradicted.search(above), (flags, above)
            # What was measured stands in parentheses; "dismissive or bored" leaves it open which of the two.
            text = re.sub(
                r" \([^)]*\)|dismissive or bored", "", elcor(affect, second, 0.65, arousal, flags, valence=valence)
            )
            assert not contradicted.search(text), (flags, text)


IMPOSSIBLE = (
    {"louder", "quieter"},
    {"faster", "slower"},
    {"rising_pitch", "falling_pitch"},
    {"flat_pitch", "wide_pitch"},
)
"""Flags that no window has both of."""


def test_where_the_usual_word_is_contradicted_a_plainer_one_is_said() -> None:
    assert label("neutral", None, -0.4, ["wide_pitch"]) == "Neutral-sounding"
    assert label("neutral", None, 0.4, ["slower"]) == "Even and neutral"
    assert label("neutral", "sad", 0.0, ["shaky"]) == "Neutral, a little sad"
    assert label("calm", None, -0.5, ["shaky"]) == "Calm-sounding"
    assert label("calm", None, -1.0, ["louder"]) == "Calm and even"
    assert label("dismissive", "neutral", 0.0, ["wide_pitch"]) == "Dismissive in tone"
    assert label("dismissive", None, -0.8, ["faster"]) == "Dismissive in tone"
    assert label("warm", None, 1.0, ["flat_pitch"]) == "Warm and friendly"
    assert delivery(elcor("neutral", None, 0.9, -0.4, ["wide_pitch"])) == "[With plain neutrality]"
    assert delivery(elcor("sad", None, 0.9, -1.0, ["louder"])) == "[With audible sadness]"


def test_the_examples_of_the_contract() -> None:
    assert label("frustrated", "warm", 0.6) == "Warmly impatient"
    assert label("dismissive", "neutral", 0.0) == "Flatly dismissive"
    assert label("neutral", None, -0.4) == "Flatly spoken"
    assert label("neutral", "warm", 0.1, ["flat_pitch"]) == "Flatly spoken"
    assert label("calm", "neutral", -0.5) == "Calm and even"
    assert delivery(elcor("frustrated", None, 0.9, 0.63)) == "[With barely contained frustration]"


@pytest.mark.parametrize("affect", AFFECTS)
def test_arousal_colours_an_unmixed_label(affect: Affect) -> None:
    labels = WORDS[affect].labels
    assert label(affect, None, -1.0) == labels["quiet"]
    assert label(affect, None, 1.0) == labels["strong"]


def test_sentences_say_how_sure_they_are() -> None:
    assert subtext("sad", "calm", 0.9).startswith("Sounds sad; ")
    assert subtext("sad", "calm", 0.75).startswith("Probably sounds sad, or else calm; ")
    assert subtext("sad", None, 0.62).startswith("Might sound sad; ")


def test_sentences_name_what_was_measured() -> None:
    assert "(louder and faster than usual)" in subtext("frustrated", None, 0.9, ["louder", "faster", "shaky"])
    assert "(slower than usual, in a near monotone)" in subtext("sad", None, 0.9, ["slower", "flat_pitch"])
    assert "(louder than usual, with laughter)" in subtext("warm", None, 0.9, ["louder", "faster", "laughing"])
    assert "(" not in subtext("sad", None, 0.9, ["a_flag_of_the_future"])


def test_the_second_affect_must_be_likely_enough() -> None:
    assert second_affect({"sad": 0.7, "calm": 0.2, "warm": 0.1}, "sad") == "calm"
    assert second_affect({"sad": 0.85, "calm": 0.15}, "sad") is None
    assert second_affect({"sad": 0.4, "calm": 0.6}, "sad") == "calm"
    assert second_affect({"sad": 0.6, "warm": 0.2, "calm": 0.2}, "sad") == "calm"


def test_elcor_puts_the_delivery_before_the_sentence() -> None:
    text = elcor("frustrated", "sad", 0.9, 0.63, ["louder"])
    assert text.startswith("[With barely contained frustration and a trace of sadness] Sounds ")
    assert text.endswith(subtext("frustrated", "sad", 0.9, ["louder"]))
    assert elcor("sad", None, 0.62, -0.3).startswith("[Possibly with audible sadness] Might sound ")


def test_every_delivery_is_bracketed_once() -> None:
    for (affect, second), arousal in itertools.product(PAIRS, AROUSALS):
        assert re.fullmatch(r"\[[A-Z][^\[\]]+\]", delivery(elcor(affect, second, 0.8, arousal)))


def test_special_mixtures_name_two_different_affects() -> None:
    assert all(stronger not in weaker for stronger, weaker in words_of("en").mixed.items())
