"""What is known of one speaker's voice: the ground against which the next window is heard."""

from dataclasses import dataclass, field
from typing import Any

from classifier_worker.speech.baseline import SpeakerBaseline
from classifier_worker.speech.prosody import VoiceProfile
from classifier_worker.speech.shift import RecentTone
from classifier_worker.speech.smoothing import Smoother
from classifier_worker.speech.synthetic_voice import SyntheticEvidence


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker of a session. About 20 kB, most of it the baseline."""

    baseline: SpeakerBaseline
    """Of the encoder's features."""
    profile: VoiceProfile = field(default_factory=VoiceProfile)
    """Of pitch, loudness and rate."""
    smoother: Smoother = field(default_factory=Smoother)
    recent: RecentTone = field(default_factory=RecentTone)
    synthetic: SyntheticEvidence = field(default_factory=SyntheticEvidence)

    def freeze(self) -> dict[str, Any]:
        return {
            "baseline": self.baseline.freeze(),
            "profile": self.profile.to_dict(),
            "smoother": self.smoother.to_dict(),
            "recent": self.recent.to_dict(),
            "synthetic": self.synthetic.freeze(),
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "Voice":
        return cls(
            SpeakerBaseline.thaw(frozen["baseline"]),
            VoiceProfile.from_dict(frozen["profile"]),
            Smoother.from_dict(frozen["smoother"]),
            RecentTone.from_dict(frozen["recent"]),
            SyntheticEvidence.thaw(frozen["synthetic"]),
        )
