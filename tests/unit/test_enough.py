"""What labels cannot be trained on and measured is refused before anything is computed, saying what to add."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from training.corpus import Clip
from training.enough import check
from training.recipe import OPEN, RECIPES, own


def labelled(spoken: Mapping[str, str], each: int = 8) -> list[Clip]:
    """ "corpus/speaker" → emotions, with spaces between them."""
    return [
        Clip(Path(f"{number}.wav"), speaker.partition("/")[0], speaker, emotion)
        for speaker, emotions in spoken.items()
        for emotion in emotions.split()
        for number in range(each)
    ]


def checked(spoken: Mapping[str, str]) -> None:
    clips = labelled(spoken)
    counts: dict[str, Counter[str]] = {}
    for clip in clips:
        counts.setdefault(clip.corpus, Counter())[clip.emotion] += 1
    check(own("mine", "private", counts), clips)


@pytest.mark.parametrize(
    "spoken",
    [
        {"own/ann": "calm anger", "own/bob": "calm anger", "own/cy": "calm anger"},
        {"own/ann": "calm anger", "own/bob": "anger sadness", "own/cy": "sadness calm"},
        {"home/ann": "calm anger", "home/bob": "calm anger", "hall/cy": "calm anger", "hall/dee": "anger"},
        {f"own/{number}": "calm anger" for number in range(12)},
    ],
)
def test_what_can_be_left_out_and_measured_is_let_through(spoken: dict[str, str]) -> None:
    checked(spoken)


def test_an_emotion_a_speaker_is_refused() -> None:
    with pytest.raises(ValueError, match="At least two emotions are needed that are each spoken by several speakers"):
        checked({"own/ann": "calm", "own/bob": "anger", "own/cy": "sadness"})


def test_a_speaker_without_whom_one_emotion_is_left_is_named() -> None:
    with pytest.raises(ValueError, match=r"Without own/ann only 'calm' is left .* Add clips of other emotions"):
        checked({"own/ann": "anger calm", "own/bob": "calm", "own/cy": "calm"})


def test_words_for_one_affect_are_one_emotion() -> None:
    with pytest.raises(ValueError, match="Without own/ann only 'boredom', 'disgust' is left"):
        checked({"own/ann": "anger boredom", "own/bob": "boredom disgust", "own/cy": "disgust boredom"})


def test_corpora_with_nothing_in_common_are_refused() -> None:
    with pytest.raises(ValueError, match="Without the corpus 'hall' only 'calm' is left to train on"):
        checked({"home/ann": "calm", "home/bob": "calm", "hall/cy": "anger"})
    with pytest.raises(
        ValueError, match=r"'hall' has 'fear', 'sadness', the others 'anger', 'calm': nothing in common"
    ):
        checked({"home/ann": "calm anger", "home/bob": "calm anger", "hall/cy": "sadness fear"})


def test_a_corpus_on_which_nothing_could_be_measured_is_refused() -> None:
    """Both corpora share an emotion, but only through people who are left out together."""
    with pytest.raises(ValueError, match=r"corpus 'hall' is spoken by anybody else.* Add clips of the same emotions"):
        people = {f"home/{name}": "calm anger" for name in "bcde"}
        checked({"hall/a": "sadness fear", **people, "home/z": "sadness fear calm anger"})


def test_the_projects_own_recipes_are_let_through() -> None:
    everything = " ".join(OPEN.affects)
    people = {f"{corpus}/{number}": everything for corpus in ("emodb", "ravdess", "nemo") for number in range(6)}
    for recipe in RECIPES.values():
        check(recipe, [clip for clip in labelled(people) if clip.corpus in recipe.corpora])
