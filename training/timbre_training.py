"""Trains CAM++'s third block, or attention over its frames, together with the head: what training/fine_tuning.py tries.

Needs PyTorch, which is no dependency of the project.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch.nn.functional import cross_entropy

from classifier_worker.speech.baseline import PRIOR_SECONDS
from classifier_worker.speech.encoder_build import ENCODER_FEATURES
from classifier_worker.speech.tone_head import ToneHead
from training.campplus_torch import CHANNELS, Tensor, Tensors, dense_block, padded, third_block, timbre
from training.features import Spoken
from training.fit import feature_weights
from training.listening import by_speaker, in_a_mood
from training.recipe import OPEN, SEED


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is trained, and how hard."""

    layers: int
    """Of CAM++'s third block; 0: attention over its frames instead."""
    steps: int
    speakers: int
    """That a step hears."""
    clips: int
    """Of each of them."""
    rate: float
    head_rate: float
    pull: float = 0.0
    """Towards the published weights, squared (L2-SP: Li et al. 2018, https://arxiv.org/abs/1802.01483)."""
    adversary: float = 0.0
    """What speaker and condition guessed from the features costs (gradient reversal: Ganin & Lempitsky 2015,
    https://arxiv.org/abs/1409.7495)."""


@dataclass(frozen=True, slots=True, eq=False)
class Framed:
    """A clip's features, and the frames that the trained part begins with, for each of its windows."""

    spoken: Spoken
    frames: tuple[NDArray[np.float16], ...]


class Trained:
    """CAM++'s third block, or attention over its frames, with the parameters that are trained."""

    def __init__(self, weights: Tensors, layers: int, typical: NDArray[np.float16]) -> None:
        """typical: float16[N, C] of frames, whose mean and spread attention is scaled by."""
        self._weights = weights
        self.layers = layers
        self._mean, self._spread = (torch.from_numpy(of(typical, 0, np.float32)) for of in (np.mean, np.std))
        if layers:
            self.parameters = third_block(weights, layers)
        else:
            torch.manual_seed(SEED)
            self.parameters = {"hidden": torch.randn(CHANNELS, 64) / CHANNELS**0.5, "attention": torch.zeros(64, 1)}
        self.begin = {name: values.clone() for name, values in self.parameters.items()}
        for values in self.parameters.values():
            values.requires_grad_(True)

    def __call__(self, clips: Sequence[NDArray[np.float16]]) -> Tensor:
        """float16[T, C] each → timbre, float32[B, 3584]. Attention begins as the plain mean."""
        frames, real = padded(clips)
        if self.layers:
            return timbre(dense_block({**self._weights, **self.parameters}, frames, real, 3), real / real.sum(1, True))
        heard = torch.tanh((frames - self._mean) / (self._spread + 1e-3) @ self.parameters["hidden"])
        attention = (heard @ self.parameters["attention"]).masked_fill(real == 0, -torch.inf)
        return timbre(frames, torch.softmax(attention, 1))

    def features(self, clips: Sequence[Framed]) -> list[Spoken]:
        """The clips, with the timbre of this network in place of the published one's."""
        with torch.no_grad():
            return [replace(clip.spoken, windows=_fused(clip, self(clip.frames).numpy())) for clip in clips]


def train(network: Trained, head: ToneHead, clips: Sequence[Framed], experiment: Experiment) -> ToneHead:
    """Trains `network` in place, and the head, which was fitted on the network's features, with it."""
    rng = np.random.default_rng(SEED)
    torch.manual_seed(SEED)
    frames = {id(clip.spoken): clip for clip in clips}
    speakers = list(by_speaker([clip.spoken for clip in clips]).values())
    people = sorted({clip.spoken.person for clip in clips})
    conditions = sorted({clip.spoken.condition for clip in clips})
    counts = np.bincount([head.affects.index(OPEN.affects[clip.spoken.emotion]) for clip in clips])
    balance = torch.tensor(counts.sum() / (len(counts) * counts), dtype=torch.float32)
    scale = torch.from_numpy(feature_weights())
    # As `fit` regularises: half the squared weights against C for every clip of a mood (45 a speaker).
    decay = 0.5 / (OPEN.inverse_regularisation * 45 * len(speakers))
    weights = (torch.from_numpy(head.weights).float() / scale).requires_grad_(True)
    bias = torch.from_numpy(head.bias).float().requires_grad_(True)
    guess = torch.nn.Sequential(
        torch.nn.Linear(len(scale), 64), torch.nn.ReLU(), torch.nn.Linear(64, len(people) + len(conditions))
    )
    optimiser = torch.optim.Adam(
        [
            {"params": list(network.parameters.values()), "lr": experiment.rate},
            {"params": [weights, bias], "lr": experiment.head_rate},
            {"params": guess.parameters(), "lr": 1e-3},
        ]
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [group["lr"] for group in optimiser.param_groups], experiment.steps, pct_start=0.2
    )
    for _ in track(range(experiment.steps), "training"):
        chosen = [
            [frames[id(clip)] for clip in in_a_mood(speakers[number], rng, experiment.clips)]
            for number in rng.choice(len(speakers), experiment.speakers, replace=False)
        ]
        relative = torch.cat([_relative(network, head, order) for order in chosen]) * scale
        spoken = [clip.spoken for order in chosen for clip in order]
        truth = torch.tensor([head.affects.index(OPEN.affects[clip.emotion]) for clip in spoken])
        loss = (cross_entropy(relative @ weights.T + bias, truth, reduction="none") * balance[truth]).mean()
        loss = loss + decay * weights.square().sum()
        for name, values in network.parameters.items():
            loss = loss + experiment.pull * (values - network.begin[name]).square().sum()
        if experiment.adversary:
            reversed_ = relative.clone()
            reversed_.register_hook(lambda gradient: -experiment.adversary * gradient)
            who, where = guess(reversed_).split([len(people), len(conditions)], 1)
            loss = loss + cross_entropy(who, torch.tensor([people.index(clip.person) for clip in spoken]))
            loss = loss + cross_entropy(where, torch.tensor([conditions.index(clip.condition) for clip in spoken]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    trained = (weights * scale).detach().double().numpy(), bias.detach().double().numpy()
    return replace(head, weights=trained[0], bias=trained[1])


def _relative(network: Trained, head: ToneHead, clips: Sequence[Framed]) -> Tensor:
    """First windows of a speaker's clips in this order → against the baseline of those before, float32[K, D]."""
    encoded = torch.from_numpy(np.stack([clip.spoken.windows[0, :ENCODER_FEATURES] for clip in clips]))
    features = torch.cat([encoded, network([clip.frames[0] for clip in clips])], 1)
    mean, spread = torch.from_numpy(head.everybody.mean), torch.from_numpy(head.everybody.spread)
    away = (features - mean) / spread
    seconds = torch.tensor([[clip.spoken.seconds[0]] for clip in clips])
    before = torch.tril(torch.ones(len(clips), len(clips)), -1) * seconds.T
    total = PRIOR_SECONDS + before.sum(1, True)
    centre = before @ away / total
    variance = (PRIOR_SECONDS + before @ away.square()) / total - centre.square()
    return (away - centre) / torch.sqrt(variance.clamp(min=1e-4))


def _fused(clip: Framed, timbres: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([clip.spoken.windows[:, :ENCODER_FEATURES], timbres], axis=1)
