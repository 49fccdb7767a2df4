"""Measure whether directions of change are right, on what actors were asked for and on ordinary speech."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from classifier_worker.speech.circumplex import PLACES, project
from classifier_worker.speech.tone import shift
from classifier_worker.speech.tone.shift import RecentTone
from classifier_worker.speech.tone.smoothing import Smoother, smooth
from classifier_worker.speech.tone.tone_head import ToneHead
from shared.contract.tone_event import Affect
from training.data.recipe import Recipe
from training.features.extract import Spoken
from training.features.replay import Replayed, replay
from training.features.session_mixtures import sessions

CHANGE: Final = 0.3
"""Least change of tension between two clips that counts as a direction: from neutral to half frustrated."""


def directions(head: ToneHead, replayed: Replayed) -> list[str]:
    """Return the direction that the worker would give each window, "stable" if none."""
    chances = replayed.probabilities(head.mixture)
    smoothers: dict[int, Smoother] = {}
    recents: dict[int, RecentTone] = {}
    found: list[str] = []
    for row, of_window in enumerate(chances):
        voice = int(replayed.voice[row])
        smoothers[voice], scores, _ = smooth(
            smoothers.get(voice) or Smoother(), of_window.tolist(), float(replayed.pause[row])
        )
        named = dict(zip(head.affects, scores, strict=True))
        recents[voice], moved = shift.compare(recents.get(voice) or RecentTone(), named, project(named))
        found.append(moved.direction)
    return found


def figures(
    heads: Mapping[str, ToneHead],
    head: ToneHead,
    ordinary: Mapping[str, Replayed],
    spoken: Mapping[str, Sequence[Spoken]],
    recipe: Recipe,
) -> dict[str, Any]:
    """agrees: of the directions reported from where the actor's tension changed, the share that match the change."""
    right = told = changes = 0
    for corpus, its in heads.items():
        replayed = replay(its, sessions("mixed", spoken[corpus], recipe.affects))
        of_corpus = _agreement(replayed, directions(its, replayed))
        right, told, changes = right + of_corpus[0], told + of_corpus[1], changes + of_corpus[2]
    return {
        "agrees": round(right / max(1, told), 4),
        "told": told,
        "actors_changes": changes,
        "ordinary_per_minute": {
            name: round(_begun(directions(head, replayed), replayed) / replayed.minutes, 4)
            for name, replayed in ordinary.items()
        },
    }


def _agreement(replayed: Replayed, given: Sequence[str]) -> tuple[int, int, int]:
    """Count the directions that agree, all directions given, and all changes."""
    right = told = changes = 0
    firsts = [0, *(np.flatnonzero(np.diff(replayed.clip)) + 1).tolist(), len(given)]
    for before, first, last in zip(firsts, firsts[1:-1], firsts[2:], strict=False):
        if replayed.voice[before] != replayed.voice[first]:
            continue
        moved = _tension(str(replayed.truth[first])) - _tension(str(replayed.truth[before]))
        if abs(moved) < CHANGE:
            continue
        changes += 1
        begun = [given[row] for row in range(first, last) if given[row] != "stable" and given[row] != given[first - 1]]
        if begun:
            told += 1
            right += begun[0] == ("escalating" if moved > 0 else "de-escalating")
    return right, told, changes


def _begun(given: Sequence[str], replayed: Replayed) -> int:
    """Return where a direction begins: where the voice's previous window had another."""
    last: dict[int, str] = {}
    count = 0
    for direction, voice in zip(given, replayed.voice.tolist(), strict=True):
        count += direction != "stable" and last.get(voice, "stable") != direction
        last[voice] = direction
    return count


def _tension(affect: str) -> float:
    names: dict[str, Affect] = {name: name for name in PLACES}
    place = PLACES[names[affect]]
    return max(0.0, (place.arousal - place.valence) / 2.0)
