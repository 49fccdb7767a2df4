"""Measure the events of neutral speech in other manners of voice, and in other languages.

    ./manage.sh python -m training.studies.fairness --model open

Neutral clips of unseen actors are resynthesised flat, rough, slow, high, low, old and young
(training/data/resynthesis.py). Each speaker keeps one manner for a whole session, as people do. The figures go into the
model's card.
"""

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from rich.console import Console
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.models.model_files import MODELS
from classifier_worker.speech.tone.tone_head import ToneHead
from shared.audio import PIPELINE_RATE
from shared.contract.tone_event import Affect
from training.data.corpus import SPEECH, Clip, read_clips
from training.data.recipe import RECIPES, SEED
from training.data.resynthesis import MANNERS, UNTOUCHED, resynthesised
from training.features import everyday
from training.features.extract import DATA, Extractor, Spoken
from training.features.relative import by_speaker
from training.features.replay import replay
from training.features.session_mixtures import session_of
from training.figures.card import rewrite_card
from training.figures.outcome import Said, said
from training.figures.screen import screen
from training.fit.leave_out import heads_of

FOLDER: Final = DATA / "resynthesised"

NEUTRAL: Final = ("neutral", "calm")
CLIPS: Final = 12
"""Most clips of each speaker."""


def neutral_clips(speech: Path, corpus: str) -> list[Clip]:
    """Return the first CLIPS neutral clips of each speaker."""
    clips: dict[str, list[Clip]] = defaultdict(list)
    for clip in read_clips(speech, corpus):
        if clip.emotion in NEUTRAL:
            clips[clip.speaker].append(clip)
    return [clip for of_speaker in clips.values() for clip in of_speaker[:CLIPS]]


def in_manner(clips: list[Clip], manner: str) -> list[Clip]:
    """Return the same clips resynthesised, cached in data/resynthesised."""
    made = []
    for clip in track(clips, f"{clips[0].corpus} {manner}"):
        path = FOLDER / manner / clip.corpus / f"{clip.path.stem}.flac"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            changed = resynthesised(clip.audio(), manner, np.random.default_rng(SEED))
            soundfile.write(path, changed, PIPELINE_RATE, subtype="PCM_16")
        made.append(Clip(path, clip.corpus, clip.speaker, clip.emotion))
    return made


def of_manners(heads: Mapping[str, ToneHead], speech: Path, extractor: Extractor) -> dict[str, dict[str, float]]:
    """Return the share of windows that report each affect, by manner, over all corpora."""
    clips = {corpus: neutral_clips(speech, corpus) for corpus in heads}
    affects = next(iter(heads.values())).affects
    figures = {}
    for manner in MANNERS:
        parts = []
        for corpus, head in heads.items():
            changed = in_manner(clips[corpus], manner)
            parts.append(_said_of(head, extractor.features(changed, "whole", "clean", exact_air=True)))
        figures[manner] = _shares(affects, parts)
    return figures


def _said_of(head: ToneHead, spoken: list[Spoken]) -> Said:
    meaning: dict[str, Affect] = dict.fromkeys(NEUTRAL, "neutral")
    return said(head, replay(head, [session_of(clips, meaning) for clips in by_speaker(spoken).values()]))


def _shares(affects: Sequence[Affect], parts: Sequence[Said]) -> dict[str, float]:
    """Average with equal weight for every corpus."""
    return {
        affect: round(float(np.mean([(each.said & (each.affect == affect)).mean() for each in parts])), 4)
        for affect in affects
    }


def of_languages(head: ToneHead, speech: Path) -> dict[str, dict[str, float]]:
    """Return, by language, minutes, claims per minute and share of windows called even, over the everyday sets."""
    spoken = _languages(speech)
    parts: dict[str, list[tuple[float, Said]]] = defaultdict(list)
    for name in everyday.SETS:
        sessions = everyday.sessions(speech, name)
        for who, session in zip(everyday.voices_of(speech, name), sessions, strict=True):
            parts[spoken.get(who, "en")].append((session.minutes, said(head, replay(head, [session]))))
    return {
        language: {
            "minutes": round(minutes := sum(one for one, _ in of), 1),
            "claims_per_minute": round(sum(int(each.claimed.sum()) for _, each in of) / minutes, 3),
            "even_share": round(float(np.concatenate([each.said & each.even for _, each in of]).mean()), 3),
        }
        for language, of in sorted(parts.items())
        if any(len(each.said) for _, each in of)
    }


def _languages(speech: Path) -> dict[str, str]:
    """Speaker of the fixtures → language, two letters. The table calls American English "us"."""
    with (speech / "everyday" / "fixtures" / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {f"fixtures/{row['speaker']}": row["language"][:2].lower().replace("us", "en") for row in rows}


def manners_table(figures: Mapping[str, Mapping[str, float]]) -> Table:
    """Show by how many points each manner raises each affect."""
    affects = list(figures[UNTOUCHED])
    table = Table("manner", *affects, title="Said of neutral speech, % of windows (points more than untouched)")
    for manner, row in figures.items():
        cells = [
            f"{100 * row[affect]:.1f} ({100 * (row[affect] - figures[UNTOUCHED][affect]):+.1f})" for affect in affects
        ]
        table.add_row(manner, *cells)
    return table


def languages_table(figures: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table("language", "minutes", "claims a minute", "called even", title="Ordinary speech by language")
    for language, row in figures.items():
        table.add_row(language, *(f"{value:g}" for value in row.values()))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.studies.fairness", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with the corpora (default: %(default)s)")
    options = parser.parse_args()
    recipe, console = RECIPES[options.model], screen()
    path = MODELS / f"{recipe.name}.npz"
    figures: dict[str, Any] = {
        "manners": of_manners(heads_of(recipe, path), options.speech, Extractor()),
        "languages": of_languages(ToneHead.load(path), options.speech),
    }
    _show(figures, console)
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    rewrite_card(MODELS, {**card, "figures": {**card["figures"], **figures}})


def _show(figures: Mapping[str, Any], console: Console) -> None:
    console.print(manners_table(figures["manners"]))
    console.print(languages_table(figures["languages"]))


if __name__ == "__main__":
    main()
