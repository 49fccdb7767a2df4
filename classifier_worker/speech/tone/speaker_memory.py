"""Per-speaker state for judging the next window."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self, TypeVar

from classifier_worker.speech.models.synthetic_voice import SyntheticEvidence
from classifier_worker.speech.prosody.flags import VoiceProfile
from classifier_worker.speech.speakers.diarization import Turn
from classifier_worker.speech.tone.baseline import SpeakerBaseline
from classifier_worker.speech.tone.lasting_tone import LastingTone
from classifier_worker.speech.tone.shift import RecentTone
from classifier_worker.speech.tone.smoothing import Smoother
from classifier_worker.speech.tone.variety import Variety


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker of a session. About 24 kB, most of it the baseline."""

    baseline: SpeakerBaseline
    """Baseline of the encoders' features."""
    profile: VoiceProfile = field(default_factory=VoiceProfile)
    """Profile of pitch, loudness and rate."""
    smoother: Smoother = field(default_factory=Smoother)
    recent: RecentTone = field(default_factory=RecentTone)
    until: int = 0
    """Position up to which the voice was heard."""
    synthetic: SyntheticEvidence = field(default_factory=SyntheticEvidence)
    variety: Variety = field(default_factory=Variety)
    """Variety of its tones, which decides how far it is judged relative to itself."""
    lasting: LastingTone = field(default_factory=LastingTone)
    """How it has sounded in absolute terms."""

    def joined(self, other: "Voice") -> "Voice":
        """Merge with another voice of the same person. The tone is that of the voice heard last."""
        last = self if self.until > other.until else other
        return replace(
            last,
            baseline=self.baseline.joined(other.baseline),
            profile=self.profile.joined(other.profile),
            variety=self.variety.joined(other.variety),
            lasting=self.lasting.joined(other.lasting),
        )

    def with_measured(self, frozen: Mapping[str, Any]) -> "Voice":
        """Restore the measurements from a state that `freeze` wrote under another tone model."""
        return replace(
            self,
            profile=VoiceProfile.thaw(frozen["profile"]),
            until=frozen["until"],
            synthetic=SyntheticEvidence.thaw(frozen["synthetic"]),
        )

    def freeze(self) -> dict[str, Any]:
        return {
            "baseline": self.baseline.freeze(),
            "profile": self.profile.freeze(),
            "smoother": self.smoother.freeze(),
            "recent": self.recent.freeze(),
            "until": self.until,
            "synthetic": self.synthetic.freeze(),
            "variety": self.variety.freeze(),
            "lasting": self.lasting.freeze(),
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "Voice":
        return cls(
            SpeakerBaseline.thaw(frozen["baseline"]),
            VoiceProfile.thaw(frozen["profile"]),
            Smoother.thaw(frozen["smoother"]),
            RecentTone.thaw(frozen["recent"]),
            frozen["until"],
            SyntheticEvidence.thaw(frozen["synthetic"]),
            # Older checkpoints lack this field, so the voice counts as new in this respect.
            Variety.thaw(frozen["variety"]) if "variety" in frozen else Variety(),
            LastingTone.thaw(frozen["lasting"]) if "lasting" in frozen else LastingTone(),
        )


class Joinable(Protocol):
    """Any state of a voice that can be merged."""

    def joined(self, other: Self) -> Self:
        """Merge with another voice that turned out to be the same person's."""


AnyVoice = TypeVar("AnyVoice", bound=Joinable)


def known(voices: Mapping[int, AnyVoice], turn: Turn) -> dict[int, AnyVoice]:
    """Return a session's voices, by speaker's number, after the turn: one person's are merged, and dropped ones left
    out."""
    kept = dict(voices)
    for gone, into in turn.joined:
        if gone in kept:
            other = kept.pop(gone)
            kept[into] = kept[into].joined(other) if into in kept else other
    return {number: voice for number, voice in kept.items() if number in turn.known or number == turn.number}
