"""The words of one partition's sessions: asked for when an utterance is over, and stored in the order of the sessions.

Tone does not wait for words. Only a session that is behind anyway, after a takeover, lets its words catch up first, so
that its events keep the order that they would have had (docs/design/speech/words-in-the-service.md).
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from classifier_worker.partition.live_status import BEHIND_FROM
from classifier_worker.partition.session_slot import HeldSession
from classifier_worker.speech.words.session_words import UnderWay
from classifier_worker.speech.words.transcript import Transcript
from classifier_worker.transcription.recognition import Recognition, UntranscribableError
from classifier_worker.transcription.stable_text import StableText
from shared.audio import PIPELINE_RATE
from shared.contract.stored_event import StoredEvent
from shared.contract.transcript_event import PartialTranscript

PATIENCE: Final = 5.0
"""Seconds for which a session that catches up waits for the words of one utterance."""
MOST_BEHIND: Final = 120.0
"""Seconds of audio in the recogniser's queue above which no session waits for it."""
PREVIEW_SECONDS: Final = 0.6
"""Speech after which an utterance under way is transcribed again."""
_BUSY: Final = 3.0
"""Seconds of audio in the queue above which there are no previews."""

_Asked = asyncio.Task[Transcript | None]


@dataclass(slots=True)
class _Preview:
    """The partial transcripts of one utterance."""

    utterance_id: str
    start: int
    """16 kHz position, like `reached`, the end of the audio transcribed last."""
    reached: int
    begin: float = 0.0
    """Where the audio transcribed last began; seconds since the beginning of the utterance."""
    text: StableText = field(default_factory=StableText)
    asked: _Asked | None = None
    shown: str = ""
    """The text published last."""


@dataclass(slots=True)
class _Asking:
    """The requests of one session that are not answered yet."""

    tasks: dict[str, _Asked] = field(default_factory=dict)
    """Requests by utterance."""
    since: float = 0.0
    """When the oldest of them was requested; monotonic, s."""
    preview: _Preview | None = None


class Transcripts:
    """Requests the words of a partition's sessions and passes them on. All of its state can be requested again."""

    def __init__(self, recognition: Recognition | None) -> None:
        """recognition: None if no words are written down."""
        self.on = recognition is not None
        """Whether words are written down."""
        self._recognition = recognition
        self._sessions: dict[str, _Asking] = {}

    @property
    def waiting(self) -> bool:
        """Return whether any words may come at any moment."""
        return any(asking.tasks or asking.preview for asking in self._sessions.values())

    def hold(self, session: HeldSession) -> bool:
        """Return whether the session's next audio should wait for its words."""
        asking = self._sessions.get(session.session_id)
        if self._recognition is None or asking is None or not session.catching_up or not session.hearing.awaited:
            return False
        return time.monotonic() - asking.since < PATIENCE and self._recognition.backlog < MOST_BEHIND

    def ask(self, session: HeldSession) -> None:
        """Request the words of the session's speech that have not been requested yet."""
        if self._recognition is None or session.hearing.state.words is None:
            return
        asking = self._sessions.setdefault(session.session_id, _Asking())
        language = session.record.language
        for awaited in session.hearing.awaited:
            if awaited.utterance_id not in asking.tasks:
                asking.since = asking.since if asking.tasks else time.monotonic()
                work = self._recognition.transcribe(awaited, language)
                asking.tasks[awaited.utterance_id] = asyncio.create_task(work)
        under_way = session.hearing.state.under_way()
        if under_way is not None and session.lag < BEHIND_FROM and self._recognition.backlog < _BUSY:
            self._ask_preview(self._recognition, asking, session, under_way)

    def take(self, session: HeldSession) -> list[StoredEvent]:
        """Return the events of utterances whose words have arrived, in the session's order."""
        asking = self._sessions.get(session.session_id)
        if asking is None or session.trial is not None:
            return []
        events: list[StoredEvent] = []
        while session.hearing.awaited:
            utterance_id = session.hearing.awaited[0].utterance_id
            task = asking.tasks.get(utterance_id)
            if task is None or not task.done():
                break
            del asking.tasks[utterance_id]
            asking.since = time.monotonic()
            try:
                line = session.hearing.transcribed(task.result())
            except UntranscribableError:
                events += session.hearing.untranscribed()
                continue
            if line and asking.preview is not None and asking.preview.utterance_id == utterance_id:
                _end_preview(asking)  # the line replaces what was shown
            events += line
        return events

    def partial(self, session: HeldSession) -> str | None:
        """Return the partial transcript to publish, if there is a new one."""
        asking = self._sessions.get(session.session_id)
        preview = None if asking is None else asking.preview
        if asking is None or preview is None:
            return None
        under_way = session.hearing.state.under_way()
        if under_way is None or under_way.utterance_id != preview.utterance_id:
            return self._over(session, asking, preview)
        if preview.asked is None or not preview.asked.done():
            return None
        task, preview.asked = preview.asked, None
        transcript = task.result() if task.exception() is None else None
        if transcript is None:
            return None
        shown = preview.text.take(transcript, preview.begin)
        preview.shown = shown.text
        return _partial(session.session_id, preview, shown.text, shown.stable, transcript.language)

    def _over(self, session: HeldSession, asking: _Asking, preview: _Preview) -> str | None:
        """Wait for the final words of an utterance that was shown in part; withdraw the preview if there are none."""
        if preview.utterance_id in asking.tasks:
            return None
        _end_preview(asking)
        return _partial(session.session_id, preview, "", "", "") if preview.shown else None

    def forget(self, session_id: str) -> None:
        """Request no more words for the session."""
        asking = self._sessions.pop(session_id, None)
        if asking is not None:
            for task in _tasks(asking):
                task.cancel()

    def forget_all(self) -> list[_Asked]:
        """Request no more words for any session; return the tasks, to be awaited."""
        tasks = [task for asking in self._sessions.values() for task in _tasks(asking)]
        for session_id in list(self._sessions):
            self.forget(session_id)
        return tasks

    def _ask_preview(self, recognition: Recognition, asking: _Asking, session: HeldSession, now: UnderWay) -> None:
        preview = asking.preview
        if preview is None or preview.utterance_id != now.utterance_id:
            if preview is not None and preview.shown:
                return  # its end must still be reported
            preview = asking.preview = _Preview(now.utterance_id, now.start, reached=now.start)
        if preview.asked is not None or now.end - preview.reached < PREVIEW_SECONDS * PIPELINE_RATE:
            return
        preview.begin, preview.reached = preview.text.begin, now.end
        so_far = session.hearing.state.spoken_since(now.start + round(preview.begin * PIPELINE_RATE))
        preview.asked = asyncio.create_task(recognition.preview(so_far, session.record.language))


def _end_preview(asking: _Asking) -> None:
    if asking.preview is not None and asking.preview.asked is not None:
        asking.preview.asked.cancel()
    asking.preview = None


def _tasks(asking: _Asking) -> Iterable[_Asked]:
    yield from asking.tasks.values()
    if asking.preview is not None and asking.preview.asked is not None:
        yield asking.preview.asked


def _partial(session_id: str, preview: _Preview, text: str, stable: str, language: str) -> str:
    return PartialTranscript(
        session_id=session_id,
        timestamp=round(preview.reached / PIPELINE_RATE, 3),
        utterance_id=preview.utterance_id,
        start=round(preview.start / PIPELINE_RATE, 3),
        text=text,
        stable=stable,
        language=language,
    ).to_json()
