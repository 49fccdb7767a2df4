"""Labelled clips of invented people, as features: for tests of training that need no audio and no encoder."""

import zlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, cast, get_args

import numpy as np

from classifier_worker.speech.models.embedding import FEATURE_COUNT
from shared.contract.tone_event import Affect
from training.data.clips import Excerpt
from training.features.extract import Spoken

AFFECTS: Final[dict[str, Affect]] = {"anger": "frustrated", "neutral": "neutral", "sadness": "sad"}

LEVELS: Final[Mapping[str, float]] = MappingProxyType({"anger": 1.0, "neutral": 0.0, "sadness": -1.0})


def clip(
    person: str,
    emotion: str,
    level: float,
    seed: int,
    *,
    heard: str = "whole clean",
    width: int = FEATURE_COUNT,
    windows: int = 1,
    corpus: str | None = None,
) -> Spoken:
    """A tone moves every feature in its own direction, but people differ twice as much.

    person: "corpus/name"; heard: which part of the clip, and in which condition. corpus: where its name has a "/" too.
    """
    own = 2.0 * np.random.default_rng(zlib.crc32(person.encode())).standard_normal(width)
    tone = level * np.random.default_rng(1).choice([-1.0, 1.0], width)
    features = own + tone + np.random.default_rng(seed).standard_normal((windows, width))
    seconds = (2.0, *(1.0 for _ in range(windows - 1)))
    excerpt, condition = heard.split()
    assert excerpt in get_args(Excerpt)
    corpus = person.partition("/")[0] if corpus is None else corpus
    return Spoken(corpus, person, cast(Excerpt, excerpt), condition, emotion, features.astype(np.float32), seconds)


def clips(
    people: Iterable[str],
    each: int = 10,
    *,
    levels: Mapping[str, float] = LEVELS,
    heard: str = "whole clean",
    width: int = FEATURE_COUNT,
    windows: int = 1,
    corpus: str | None = None,
) -> list[Spoken]:
    """So many clips of each emotion by each person."""
    return [
        clip(
            person,
            emotion,
            level,
            zlib.crc32(f"{person} {emotion} {number}".encode()),
            heard=heard,
            width=width,
            windows=windows,
            corpus=corpus,
        )
        for person in people
        for number in range(each)
        for emotion, level in levels.items()
    ]
