"""Nobody is trained and tested on, in whatever room they speak; what is left out is heard as it was recorded."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.clips import clips
from training.fit import person
from training.leave_out import corpora_left_out, left_out, speakers_left_out
from training.recipe import Calibration, Recipe, own
from training.sessions import UNEVEN

LAB, STREET = [f"lab/{name}" for name in "abcdefg"], [f"street/{name}" for name in "abc"]
ROOMS = ("opening clean", "opening room", "opening telephone")

VIEWS = {f"{which}{kind}" for which in ("four", "all") for kind in ("", *(f", {kind}" for kind in UNEVEN))}


def recipe(*corpora: str, in_every_room: frozenset[str] = frozenset()) -> Recipe:
    counts = {"anger": 30, "neutral": 30, "sadness": 30}
    return replace(own("mine", "private", dict.fromkeys(corpora, counts)), in_every_room=in_every_room)


def test_a_corpus_left_out_is_in_no_part_trained_on() -> None:
    spoken = [*clips(LAB, 2, width=4), *clips(STREET, 2, width=4)]
    spoken += [clip for room in ROOMS for clip in clips(LAB, 2, heard=room, width=4)]
    folds = corpora_left_out(spoken)
    assert [test[0].corpus for _, test in folds] == ["lab", "street"]
    for train, test in folds:
        assert {clip.corpus for clip in train}.isdisjoint({clip.corpus for clip in test})
        assert len({clip.corpus for clip in test}) == 1
        assert all(clip.speaker.endswith(" whole clean") for clip in test)
    assert len(folds[0][1]) == len(clips(LAB, 2, width=4))
    # Trained on in every room all the same.
    assert {clip.condition for clip in folds[1][0]} == {"clean", "room", "telephone"}


def test_of_one_corpus_there_is_nothing_to_leave_out() -> None:
    assert corpora_left_out(clips(LAB, 2, width=4)) == []


@pytest.mark.parametrize("groups", [2, 5])
def test_everybody_is_left_out_once_and_never_trained_on_then(groups: int) -> None:
    spoken = [*clips(LAB, 2, width=4), *clips(STREET, 2, width=4)]
    spoken += [clip for room in ROOMS for clip in clips(LAB, 2, heard=room, width=4)]
    folds = speakers_left_out(spoken, recipe("lab", "street", in_every_room=frozenset({"lab"})), groups)
    assert len(folds) == groups
    for train, test in folds:
        assert {person(clip) for clip in train}.isdisjoint({person(clip) for clip in test})
        assert {person(clip) for clip in train} | {person(clip) for clip in test} == {*LAB, *STREET}
    tested = [name for _, test in folds for name in sorted({person(clip) for clip in test})]
    assert sorted(tested) == sorted([*LAB, *STREET])


def test_people_of_the_same_name_in_two_corpora_are_two() -> None:
    folds = speakers_left_out([*clips(["lab/a"], 2, width=4), *clips(["street/a"], 2, width=4)], recipe("lab"), 5)
    assert [sorted({person(clip) for clip in test}) for _, test in folds] == [["lab/a"], ["street/a"]]


def test_those_left_out_are_heard_as_recorded() -> None:
    """Of a corpus in every room the openings, else the whole clips."""
    spoken = [*clips(LAB, 2, width=4), *clips(STREET, 2, width=4)]
    spoken += [clip for room in ROOMS for clip in clips(LAB, 2, heard=room, width=4)]
    for _, test in speakers_left_out(spoken, recipe("lab", "street", in_every_room=frozenset({"lab"}))):
        assert test
        for clip in test:
            assert clip.speaker.endswith(" opening clean" if clip.corpus == "lab" else " whole clean")


def test_there_are_no_more_groups_than_people() -> None:
    folds = speakers_left_out(clips(STREET, 2, width=4), recipe("street"), 5)
    assert len(folds) == len(STREET)
    assert all(train and test for train, test in folds)


def test_one_corpus_is_measured_and_calibrated_on_speakers_left_out() -> None:
    result = left_out(recipe("lab"), clips(LAB[:4], 5))
    assert result.corpora == {}
    assert set(result.speakers) == {"all"}, "it knows three of the four affects, and no six"
    measured = result.speakers["all"]["lab"]
    assert len(measured.answers.truth) == 10 * len(clips(LAB[:4], 5, width=4))
    assert measured.answers.uar() > 0.7
    assert result.calibration.temperature > 0
    assert result.calibration.caution >= 0


def test_two_corpora_are_measured_on_each_other() -> None:
    """At the recipe's temperatures where it has some."""
    given = Calibration(2.0, 9.0, 8.0)
    spoken = [*clips(LAB[:3], 4), *clips(STREET, 4)]
    result = left_out(replace(recipe("lab", "street"), calibration=given), spoken)
    assert result.calibration == given
    assert {corpus: set(views) for corpus, views in result.corpora.items()} == {
        "lab": VIEWS,
        "street": VIEWS,
    }
    assert set(result.speakers["all"]) == {"lab", "street"}
    for views in result.corpora.values():
        assert views["all"].answers.uar() > 0.6
        # A stranger's temperature of 11 leaves next to nothing certain.
        first = np.unique(views["all"].said.clip)[0]
        assert views["all"].said.confidence[views["all"].said.clip == first].max() < 0.6
