"""Complete sessions and a Redis that goes away, with everything logged: what the logs must not contain."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from testkit.live_worker import LiveWorker, variables
from testkit.redis_server import RedisServer, free_port
from tests.integration.conftest import test_settings
from tests.integration.whole_redis import noise

ROOT = Path(__file__).resolve().parents[3]
KEY = "CFG-LNNT-5ecret"


class Stack:
    """Redis, a gateway and a worker, logging to files."""

    def __init__(self, folder: Path) -> None:
        self.redis = RedisServer(appendonly=True)
        self.redis.start()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = test_settings(
            self.redis.url,
            CF_VOICE_MOCK=True,
            words="base",
            log_level="debug",
            gateway_port=self.port,
            license_key=KEY,
        )
        self.logs = [folder / "gateway.log", folder / "worker.log"]
        self._files = [path.open("wb") for path in self.logs]
        self._gateway = subprocess.Popen(
            [sys.executable, "-m", "gateway"], cwd=ROOT, env=variables(settings, "gateway"), stderr=self._files[0]
        )
        self._worker = LiveWorker(settings, log=self._files[1])

    def until(self, path: str, status: int) -> None:
        give_up = time.monotonic() + 30
        while True:
            try:
                if httpx.get(f"{self.url}{path}").status_code == status:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < give_up, f"{path} does not answer {status}"
            time.sleep(0.05)

    def read(self) -> str:
        """Everything that was logged, once both processes have ended in order."""
        self._gateway.terminate()
        self._gateway.wait(20)
        self._worker.terminate()
        return "\n".join(path.read_text(errors="replace") for path in self.logs)

    def remove(self) -> None:
        self._gateway.kill()
        self._gateway.wait()
        self._worker.kill()
        self.redis.remove()
        for file in self._files:
            file.close()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    running = Stack(tmp_path)
    try:
        running.until("/ready", 200)
        yield running
    finally:
        running.remove()


def start(stack: Stack, **headers: str) -> str:
    answer = httpx.post(f"{stack.url}/session/start", headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["session_id"])


def speak(stack: Stack, session_id: str, pcm: bytes) -> None:
    with connect(f"{stack.url.replace('http', 'ws')}/session/{session_id}/audio", compression=None) as link:
        for begin in range(0, len(pcm), 3200):
            link.send(pcm[begin : begin + 3200])
            link.recv()


def history(stack: Stack, session_id: str) -> dict[str, list[dict[str, str]]]:
    give_up = time.monotonic() + 20
    while True:
        answer = httpx.get(f"{stack.url}/session/{session_id}/history").json()
        if answer["count"] >= 2:
            return dict(answer)
        assert time.monotonic() < give_up
        time.sleep(0.05)


def lines(stack: Stack, session_id: str) -> list[str]:
    """What was written down, and each word of it that is long enough to be nothing else."""
    address = f"{stack.url}/session/{session_id}/export"
    give_up = time.monotonic() + 60
    while True:
        events = httpx.get(address).json()["events"]
        found = [entry["data"]["text"] for entry in events if entry["event"] == "transcript-event"]
        if found:
            return [*found, *(word for text in found for word in text.split() if len(word) > 6)]
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_no_id_no_word_no_audio_and_no_key_is_logged(stack: Stack) -> None:
    pcm = noise(8)
    ended, erased = start(stack), start(stack)
    for session_id in (ended, erased):
        speak(stack, session_id, pcm)
    told = history(stack, ended)
    events = told["events"]
    spoken = lines(stack, ended)
    assert spoken
    correction = {"event_id": told["ids"][0], "affect": "sad", "note": "Remarkable words"}
    address = f"{stack.url}/session/{ended}"
    assert httpx.post(f"{address}/corrections", json=correction).status_code == 201
    assert httpx.post(f"{address}/corrections", json=correction | {"affect": "Remarkable"}).status_code == 422
    assert httpx.post(f"{address}/pin", headers={"X-CF-License-Key": KEY}).status_code == 200
    assert httpx.get(f"{address}/export?format=vtt").status_code == 200
    assert httpx.delete(f"{address}/end").status_code == 200
    assert httpx.delete(f"{stack.url}/session/{erased}").status_code == 200
    broken = start(stack)
    refused = [httpx.get(f"{stack.url}/session/{erased}/{call}").text for call in ("history", "export", "stream")]
    refused += [httpx.get(f"{address}/{call}").text for call in ("history?limit=0", "export?format=xml", "pin", "none")]
    refused.append(httpx.post(f"{address}/corrections", json=correction | {"event_id": "9-9"}).text)
    measured = httpx.get(f"{stack.url}/metrics").text
    stack.redis.kill()
    refused.append(httpx.get(f"{stack.url}/session/{broken}/history").text)
    assert httpx.get(f"{stack.url}/session/{broken}/history").status_code == 503
    assert httpx.post(f"{stack.url}/session/start").status_code == 503
    time.sleep(0.5)
    stack.redis.start()
    stack.until("/ready", 200)
    speak(stack, broken, pcm)
    history(stack, broken)
    logged = stack.read()
    assert "Redis is unreachable" in logged, "or this test has not seen what it is about"
    secrets = [ended, erased, broken, KEY, "Remarkable", "event_type", "prosody_flags"]
    secrets += spoken
    secrets += [event[name] for event in events for name in ("label", "subtext") if event[name]]
    secrets += [form for begin in range(3200, len(pcm), 3200) for form in written(pcm[begin : begin + 8])]
    assert [secret for secret in secrets if secret in logged] == []
    ids = [ended, erased, broken]
    assert [known for known in ids if known in measured or known in "".join(refused)] == [], "metrics, errors"


def written(pcm: bytes) -> list[str]:
    """The ways in which bytes get into a text."""
    return [pcm.hex(), pcm.hex(" "), repr(pcm)[2:-1], pcm.decode("latin-1")]
