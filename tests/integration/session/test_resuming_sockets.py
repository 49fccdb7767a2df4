"""Sockets that break, come back at another gateway, overlap, skip and take over: no sample lost, none heard twice.

Hypothesis looks for the schedule; what the gateways put on the PCM stream is then heard as a worker hears it.
"""

import contextlib

import httpx
import numpy as np
import redis as blocking_redis
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from classifier_worker.pipeline.audio_track import AudioTrack
from gateway.session.session_keys import place_of
from shared.settings import Settings
from tests.integration.live_gateway import LiveGateway
from tests.integration.schedules import repeatable
from tests.integration.session_client import break_off, close_code, hear_answer, open_socket, spoken

LONGEST = 400_000
lengths = st.integers(1, 3_000)
gateways = st.integers(0, 1)


class Speaking(RuleBasedStateMachine):
    """One client that knows only what it was told."""

    def __init__(self, urls: list[str], redis: blocking_redis.Redis) -> None:
        super().__init__()
        self.urls = urls
        self.redis = redis
        self.acknowledged = np.zeros(LONGEST, bool)
        self.sent = 0
        """Behind the last sample that was ever sent."""
        self.not_before = 0
        """Where audio went on after the client skipped: what lies before is given up."""
        self.place = 0
        self.session_id = ""
        self.link: ClientConnection | None = None
        self.older: list[ClientConnection] = []

    @property
    def first_unacknowledged(self) -> int:
        return self.not_before + int(np.argmin(self.acknowledged[self.not_before :]))

    @property
    def told_of(self) -> int:
        """Behind the last sample that was acknowledged."""
        known = np.flatnonzero(self.acknowledged)
        return int(known[-1]) + 1 if len(known) else 0

    @initialize()
    def start(self) -> None:
        self.session_id = httpx.post(f"{self.urls[0]}/session/start").json()["session_id"]

    def _connect(self, which: int, offset: int) -> int:
        if self.link is not None:
            self.older.append(self.link)
        self.link = open_socket(self.urls[which], self.session_id, offset)
        told = hear_answer(self.link)
        assert told["ok"], told
        self.place = offset
        received: int = told["next_offset"]
        assert received <= self.sent, "the server has what was never sent"
        return received

    @rule(which=gateways, overlap=st.integers(0, 5_000))
    def connect(self, which: int, overlap: int) -> None:
        """From the first sample that was not acknowledged, or from before it."""
        offset = max(self.not_before, self.first_unacknowledged - overlap)
        assert self._connect(which, offset) >= self.told_of, "something acknowledged was lost"

    @rule(which=gateways)
    def connect_where_the_server_stands(self, which: int) -> None:
        """As a client that can skip what the server has."""
        received = self._connect(which, self.first_unacknowledged)
        assert received >= self.told_of
        self.not_before = max(self.not_before, received)
        self._connect(which, self.not_before)

    @rule(which=gateways, hole=lengths)
    def connect_behind_a_hole(self, which: int, hole: int) -> None:
        """As a client whose buffer overflowed."""
        self.not_before = self.sent + hole
        self._connect(which, self.not_before)

    def _send(self, length: int) -> bytes:
        assert self.link is not None
        frame = spoken(self.place, self.place + length)
        self.link.send(frame)
        self.sent = max(self.sent, self.place + length)
        return frame

    @precondition(lambda self: self.link is not None)
    @rule(frames=st.lists(lengths, min_size=1, max_size=5))
    def speak(self, frames: list[int]) -> None:
        """Frames in a row, then their acknowledgements: one each, in order."""
        assert self.link is not None
        began = self.place
        for length in frames:
            self._send(length)
            self.place += length
        for length in frames:
            assert hear_answer(self.link) == {"ok": True, "bytes": 2 * length}
        self.acknowledged[began : self.place] = True

    @precondition(lambda self: self.link is not None)
    @rule(length=lengths)
    def speak_into_a_network_that_breaks(self, length: int) -> None:
        """The frame may be stored or not; nobody will say."""
        assert self.link is not None
        self._send(length)
        break_off(self.link)
        self.link = None

    @precondition(lambda self: self.link is not None)
    @rule()
    def close(self) -> None:
        assert self.link is not None
        self.link.close()
        self.link = None

    @precondition(lambda self: bool(self.older))
    @rule(length=lengths)
    def speak_on_a_socket_that_was_taken_over(self, length: int) -> None:
        link = self.older.pop()
        with contextlib.suppress(ConnectionClosed):
            link.send(bytes(2 * length))  # silence: were it heard, the samples would not tell their positions
        assert close_code(link) == 4009

    @invariant()
    def what_is_stored_is_what_was_said(self) -> None:
        if not self.session_id:
            return
        place = place_of(self.session_id)
        track = AudioTrack(16_000)
        heard = np.zeros(LONGEST, bool)
        # Together: a frame of a connection that broke may be on its way.
        with self.redis.pipeline() as together:
            together.xrange(place.pcm)
            together.hget(place.record, "received")
            entries, received = together.execute()
        for _, entry in entries:
            if entry[b"s"] != self.session_id.encode():
                continue
            stretch = track.push(int(entry[b"o"]), entry[b"d"])
            end = stretch.start + len(stretch.samples)
            assert not heard[stretch.start : end].any(), "heard twice"
            assert stretch.samples.tobytes() == spoken(stretch.start, end), "heard in the wrong place"
            heard[stretch.start : end] = True
        assert heard[self.acknowledged].all(), "an acknowledged sample was lost"
        assert int(received or b"0") == track.expected, "the record does not say what the stream has"

    def teardown(self) -> None:
        for link in [*self.older, *([self.link] if self.link is not None else [])]:
            link.close()


def test_whatever_sockets_do_every_sample_is_heard_once(gateway: LiveGateway, settings: Settings) -> None:
    with LiveGateway(settings) as other, blocking_redis.Redis.from_url(settings.data_url) as redis:
        urls = [gateway.url, other.url]
        run_state_machine_as_test(
            lambda: Speaking(urls, redis),  # type: ignore[arg-type]  # called as the class would be
            settings=repeatable(schedules=25, steps=12),
        )
