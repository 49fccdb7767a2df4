"""Nobody is trained and tested on, in whatever room they speak; what is left out is heard as it was recorded."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from tests.unit.clips import LEVELS, clips
from training.card import card
from training.fit import fit
from training.leave_out import corpora_left_out, left_out, speakers_left_out
from training.recipe import OPEN, Calibration, Recipe, own
from training.sessions import UNEVEN

LAB, STREET = [f"lab/{name}" for name in "abcdefg"], [f"street/{name}" for name in "abc"]
ROOMS = ("opening clean", "opening room", "opening telephone")

ALL = {"all", *(f"all, {kind}" for kind in UNEVEN)}
VIEWS = {f"{which}{kind}" for which in ("four", "all") for kind in ("", *(f", {kind}" for kind in UNEVEN))}


def recipe(*corpora: str, in_every_room: frozenset[str] = frozenset()) -> Recipe:
    return replace(knowing(dict.fromkeys(corpora, LEVELS)), in_every_room=in_every_room)


def knowing(corpora: Mapping[str, Iterable[str]]) -> Recipe:
    """Of corpora with these emotions, in no other rooms."""
    counts = {corpus: dict.fromkeys(emotions, 30) for corpus, emotions in corpora.items()}
    return replace(own("mine", "private", counts), in_every_room=frozenset())


def test_a_corpus_left_out_is_in_no_part_trained_on() -> None:
    spoken = [*clips(LAB, 2, width=4), *clips(STREET, 2, width=4)]
    spoken += [clip for room in ROOMS for clip in clips(LAB, 2, heard=room, width=4)]
    folds = corpora_left_out(spoken)
    assert [test[0].corpus for _, test in folds] == ["lab", "street"]
    for train, test in folds:
        assert {clip.corpus for clip in train}.isdisjoint({clip.corpus for clip in test})
        assert len({clip.corpus for clip in test}) == 1
        assert all((clip.excerpt, clip.condition) == ("whole", "clean") for clip in test)
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
        assert {clip.person for clip in train}.isdisjoint({clip.person for clip in test})
        assert {clip.person for clip in train} | {clip.person for clip in test} == {*LAB, *STREET}
    tested = [name for _, test in folds for name in sorted({clip.person for clip in test})]
    assert sorted(tested) == sorted([*LAB, *STREET])


def test_people_of_the_same_name_in_two_corpora_are_two() -> None:
    folds = speakers_left_out([*clips(["lab/a"], 2, width=4), *clips(["street/a"], 2, width=4)], recipe("lab"), 5)
    assert [sorted({clip.person for clip in test}) for _, test in folds] == [["lab/a"], ["street/a"]]


def test_a_corpus_is_what_labels_csv_calls_it_with_spaces_and_slashes_too() -> None:
    """Nothing is read out of names: what was measured stands under the names that the recipe has."""
    spoken = [
        *clips(["my home/team/ann", "my home/Bob B."], 4, corpus="my home"),
        *clips(["my/hall/ann", "my/hall/cy"], 4, corpus="my/hall"),
    ]
    result = left_out(recipe("my home", "my/hall"), spoken)
    assert set(result.corpora) == set(result.speakers["all"]) == {"my home", "my/hall"}
    for measured in result.speakers["all"].values():
        assert measured.answers.uar() > 0.6
    folds = speakers_left_out(spoken, recipe("my home", "my/hall"))
    assert [{clip.person for clip in test} for _, test in folds] == [
        {"my home/Bob B."},
        {"my home/team/ann"},
        {"my/hall/ann"},
        {"my/hall/cy"},
    ]


def test_those_left_out_are_heard_as_recorded() -> None:
    """Of a corpus in every room the openings, else the whole clips."""
    spoken = [*clips(LAB, 2, width=4), *clips(STREET, 2, width=4)]
    spoken += [clip for room in ROOMS for clip in clips(LAB, 2, heard=room, width=4)]
    for _, test in speakers_left_out(spoken, recipe("lab", "street", in_every_room=frozenset({"lab"}))):
        assert test
        for clip in test:
            assert (clip.excerpt, clip.condition) == ("opening" if clip.corpus == "lab" else "whole", "clean")


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


def test_a_few_people_who_are_told_apart_perfectly_do_not_make_it_sure_of_strangers() -> None:
    given = {emotion: 4 * level for emotion, level in LEVELS.items()}
    result = left_out(recipe("lab"), clips(LAB[:3], 5, levels=given))
    assert result.likeliest.temperature < 0.5
    assert OPEN.calibration is not None
    assert result.calibration.temperature >= OPEN.calibration.temperature
    assert result.calibration.caution >= OPEN.calibration.caution


def test_two_affects_are_enough() -> None:
    result = left_out(recipe("lab"), clips(LAB[:3], 5, levels={"anger": 1.0, "sadness": -1.0}))
    assert result.speakers["all"]["lab"].answers.uar() > 0.8


def test_four_affects_are_no_figure_of_models_that_do_not_know_four() -> None:
    """Where nothing is chosen from four, chance is not one in four."""
    quiet = {"calm": 0.5, "fear": -0.5}
    spoken = [*clips(LAB[:3], 4, levels=quiet), *clips(STREET, 4, levels=quiet)]
    result = left_out(knowing({"lab": quiet, "street": quiet}), spoken)
    assert {corpus: set(views) for corpus, views in result.corpora.items()} == {"lab": ALL, "street": ALL}
    assert set(result.speakers) == {"all"}


def test_a_corpus_without_any_of_the_four_has_no_figure_of_them() -> None:
    quiet = {"calm": 0.5, "fear": -0.5}
    every = {**LEVELS, "happiness": 2.0, **quiet}
    spoken = [*clips(LAB[:2], 2, levels=every), *clips(STREET[:2], 2, levels=quiet)]
    recipe = knowing({"lab": every, "street": quiet})
    result = left_out(recipe, spoken)
    assert {corpus: set(views) for corpus, views in result.corpora.items()} == {"lab": ALL, "street": ALL}
    assert {name: set(rows) for name, rows in result.speakers.items()} == {"four": {"lab"}, "all": {"lab", "street"}}
    head = fit(spoken, recipe.affects, 1)
    json.dumps(card(recipe, head, "abc", result.speakers, result.corpora), allow_nan=False)


def test_two_corpora_are_measured_on_each_other() -> None:
    """At the recipe's temperatures where it has some."""
    given = Calibration(2.0, 9.0, 8.0)
    levels = {**LEVELS, "happiness": 2.0}
    spoken = [*clips(LAB[:3], 4, levels=levels), *clips(STREET, 4, levels=levels)]
    result = left_out(replace(knowing({"lab": levels, "street": levels}), calibration=given), spoken)
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
