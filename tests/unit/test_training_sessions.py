"""Sessions of every kind: what they are mixed of, and that chance repeats itself."""

from collections import Counter

import numpy as np
import pytest

from tests.unit.clips import AFFECTS, clips
from training.sessions import DOZEN, KINDS, UNEVEN, Kind, sessions

SPOKEN = clips(["lab/a"], 20, width=4)


def moods(kind: Kind, seed: int = 1) -> list[list[str]]:
    return [[clip.emotion for clip in session] for session in sessions(kind, SPOKEN, AFFECTS, (1, seed))]


def test_a_mixed_session_holds_every_clip_once() -> None:
    (session,) = sessions("mixed", SPOKEN, AFFECTS, (1, 2))
    assert sorted(map(id, session)) == sorted(map(id, SPOKEN))


def test_a_session_of_one_tone_holds_all_of_it_and_nothing_else() -> None:
    assert sorted(map(tuple, map(set, moods("one")))) == sorted((emotion,) for emotion in AFFECTS)
    assert all(len(session) == 20 for session in moods("one"))


def test_most_of_a_session_is_one_tone() -> None:
    for session in moods("mostly one"):
        ((_, most), *others) = Counter(session).most_common()
        assert most == 20
        assert sum(count for _, count in others) == 5
        assert session[: len(session) - 5] != [session[0]] * (len(session) - 5), "strays come in between"


def test_one_tone_is_followed_by_another() -> None:
    for session in moods("one then another"):
        first, then = session[:DOZEN], session[DOZEN:]
        assert len(set(first)) == len(set(then)) == 1
        assert set(first) != set(then)


@pytest.mark.parametrize("kind", KINDS)
def test_chance_repeats_itself_and_no_clip(kind: Kind) -> None:
    assert moods(kind) == moods(kind)
    for session in sessions(kind, SPOKEN, AFFECTS, (1, 1)):
        assert len({id(clip) for clip in session}) == len(session)
    if kind == "mixed":
        assert moods(kind) != moods(kind, 2)


@pytest.mark.parametrize("kind", UNEVEN)
def test_who_shows_one_tone_only_has_one_session_and_a_single_clip_is_none(kind: Kind) -> None:
    only = clips(["lab/a"], 5, levels={"anger": 1.0}, width=4)
    assert [len(session) for session in sessions(kind, only, AFFECTS, (1,))] == [5]
    assert sessions(kind, only[:1], AFFECTS, (1,)) == []


def test_seeds_of_kinds_differ_from_those_of_mixed_sessions() -> None:
    order = np.random.default_rng((1, 1)).permutation(len(SPOKEN))
    assert [SPOKEN[index].emotion for index in order] == moods("mixed")[0]
