"""Calls on a session in any order: each one answers as documented, and every event is delivered once.

A real gateway and a real worker with the mock backend; Hypothesis looks for the order.
"""

import contextlib
import itertools

import httpx
import numpy as np
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

from shared.contract.event_id import EventId
from shared.settings import Settings
from testkit.live_worker import LiveWorker
from tests.integration.live_gateway import LiveGateway
from tests.integration.schedules import repeatable
from tests.integration.session_client import close_code, hear_answer, listen, open_socket

RATES = [8_000, 16_000, 44_100]


def running(machine: "Life") -> bool:
    return machine.state == "running"


def known(machine: "Life") -> bool:
    return machine.state in {"running", "stopped"}


class Life(RuleBasedStateMachine):
    """What one client knows of its session."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        super().__init__()
        self.client = client
        self.url = url
        self.state = "running"
        self.acknowledged = 0
        """Samples."""
        self.last = "0-0"
        self.heard: list[dict[str, str]] = []
        self.pinned = False
        self.corrected: dict[str, str] = {}
        self.link: ClientConnection | None = None

    @initialize(rate=st.sampled_from(RATES), elcor=st.booleans())
    def start(self, rate: int, elcor: bool) -> None:
        answer = self.client.post("/session/start", json={"sample_rate": rate, "elcor": elcor})
        assert answer.status_code == 200, answer.text
        self.session_id: str = answer.json()["session_id"]
        self.path = f"/session/{self.session_id}"
        self.rate = rate
        draw = np.random.default_rng(1)
        self.pcm = (draw.standard_normal(rate) * 6_000).clip(-32_768, 32_767).astype("<i2").tobytes()

    @precondition(running)
    @rule(seconds=st.integers(1, 4))
    def speak(self, seconds: int) -> None:
        if self.link is None:
            self.link = open_socket(self.url, self.session_id, self.acknowledged)
            assert hear_answer(self.link) == {"ok": True, "next_offset": self.acknowledged}
        for _ in range(seconds):
            self.link.send(self.pcm)
            answer = hear_answer(self.link)
            assert answer["ok"], answer
            assert answer["bytes"] == len(self.pcm)
            self.acknowledged += self.rate

    @precondition(lambda self: self.link is not None)
    @rule()
    def hang_up(self) -> None:
        assert self.link is not None
        self.link.close()
        self.link = None

    @precondition(lambda self: self.state != "running")
    @rule()
    def try_to_speak(self) -> None:
        assert close_code(open_socket(self.url, self.session_id)) == (4010 if self.state == "stopped" else 4004)

    @precondition(known)
    @rule()
    def listen_on(self) -> None:
        self._take(listen(self.client, self.session_id, self.last))

    def _take(self, events: list[dict[str, str]]) -> None:
        ids = [EventId.parse(self.last), *(EventId.parse(event["id"]) for event in events)]
        assert all(earlier < later for earlier, later in itertools.pairwise(ids)), "ids did not grow"
        assert "session-ended" not in [event["event"] for event in (self.heard + events)[:-1]], "events behind the end"
        self.heard += events
        self.last = str(ids[-1])

    @precondition(known)
    @rule()
    def look_back(self) -> None:
        told = self.client.get(f"{self.path}/history", params={"limit": 10_000}).json()
        assert told["count"] == len(told["events"]) == len(told["ids"])
        tones = {event["id"]: event["data"] for event in self.heard if event["event"] == "tone-event"}
        assert set(tones) <= set(told["ids"]), "history lacks what was told"
        exported = self.client.get(f"{self.path}/export").json()["events"]
        assert [entry["id"] for entry in exported if entry["event"] == "tone-event"][: told["count"]] == told["ids"]
        corrections = {entry["id"]: entry["correction"]["affect"] for entry in exported if "correction" in entry}
        assert corrections == self.corrected

    @precondition(known)
    @rule(affect=st.sampled_from(["calm", "warm", "urgent"]), which=st.integers(0, 50))
    def correct(self, affect: str, which: int) -> None:
        tones = [event["id"] for event in self.heard if event["event"] == "tone-event"]
        event_id = tones[which % len(tones)] if tones else "999999999-1"
        answer = self.client.post(f"{self.path}/corrections", json={"event_id": event_id, "affect": affect})
        assert answer.status_code == (201 if tones else 404), answer.text
        if tones:
            self.corrected[event_id] = affect

    @precondition(known)
    @rule(licensed=st.booleans())
    def pin(self, licensed: bool) -> None:
        headers = {"X-CF-License-Key": "CFG-LNNT-TEST"} if licensed else {}
        answer = self.client.post(f"{self.path}/pin", headers=headers)
        assert answer.status_code == (200 if licensed else 402), answer.text
        self.pinned = self.pinned or licensed

    @precondition(known)
    @rule()
    def end(self) -> None:
        assert self.client.delete(f"{self.path}/end").json() == {"session_id": self.session_id, "state": "stopped"}
        self.state = "stopped"
        if self.link is not None:
            with contextlib.suppress(ConnectionClosed):  # it may know already
                self.link.send(self.pcm)
            assert close_code(self.link) == 4010
            self.link = None

    @rule(sure=st.integers(0, 3))
    def erase(self, sure: int) -> None:
        if sure:
            return  # else few sessions would live to see anything
        answer = self.client.delete(self.path)
        assert answer.status_code == 200, answer.text
        self.state = "erased"
        if self.link is not None:
            assert close_code(self.link) == 4004
            self.link = None

    @invariant()
    def the_gateway_knows_as_much(self) -> None:
        if not hasattr(self, "path"):
            return
        answer = self.client.get(self.path)
        if self.state == "erased":
            assert answer.status_code == 404
            for call in ("history", "export", "stream"):
                assert self.client.get(f"{self.path}/{call}").status_code == 404
            return
        told = answer.json()
        assert told["state"] == self.state
        assert told["pinned"] == self.pinned
        assert round(told["audio_seconds"] * self.rate) == self.acknowledged

    def teardown(self) -> None:
        if self.state == "running" and hasattr(self, "path"):
            self.end()
        if self.state == "stopped":
            self._take(listen(self.client, self.session_id, self.last, to_the_end=True))
            assert self.heard[-1]["event"] == "session-ended"
            assert self.heard == listen(self.client, self.session_id, "0-0", to_the_end=True), "resuming told otherwise"
            assert self.acknowledged < 10 * self.rate or len(self.heard) > 1, "ten seconds of noise and no event"
            self.look_back()


def test_a_session_does_what_is_documented_whatever_is_done_with_it(gateway: LiveGateway, settings: Settings) -> None:
    mock = settings.model_copy(update={"mock": True})
    with LiveWorker(mock), httpx.Client(base_url=gateway.url, timeout=60) as client:
        run_state_machine_as_test(
            lambda: Life(client, gateway.url),  # type: ignore[arg-type]  # called as the class would be
            settings=repeatable(schedules=15, steps=12),
        )
