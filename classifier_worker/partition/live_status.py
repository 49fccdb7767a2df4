"""Live status of a session, sent on change and never stored, so that the page can say "3 s behind" truthfully."""

from dataclasses import dataclass
from typing import Final, Literal

import orjson

from classifier_worker.pipeline.misreading import Suspicion
from classifier_worker.speech.backend import Activity

State = Literal["listening", "silence", "unclear", "behind"]

BEHIND_FROM: Final = 2.0
"""Seconds of lag from which a session counts as behind: two hops."""
BEHIND_UNTIL: Final = 1.5
"""Seconds of lag below which it has caught up, so that the status does not flicker. Lag is measured once per committed
second of audio, so an up-to-date session may look up to a second behind."""


@dataclass(slots=True)
class Status:
    """The last status of a session."""

    state: State | None = None
    suspicion: Suspicion | None = None

    def update(
        self, activity: Activity, audio_seconds: float, lag_seconds: float, suspicion: Suspicion | None = None
    ) -> bytes | None:
        """Return the payload to publish, or None if nothing changed."""
        limit = BEHIND_UNTIL if self.state == "behind" else BEHIND_FROM
        if suspicion is not None and suspicion.sure:
            activity = "unclear"
        state: State = "behind" if lag_seconds > limit else activity
        if (state, suspicion) == (self.state, self.suspicion):
            return None
        self.state, self.suspicion = state, suspicion
        why = {} if suspicion is None else suspicion._asdict()
        return orjson.dumps(
            {"state": state, "audio_seconds": round(audio_seconds, 2), "lag_seconds": round(lag_seconds, 2), **why}
        )
