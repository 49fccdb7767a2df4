"""The recogniser's process, told to fail in every way that a process can."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from classifier_worker.fleet.load_meter import LoadMeter
from classifier_worker.speech.words.session_words import Awaited, Voices
from classifier_worker.speech.words.utterances import Bounds, Utterance, utterance_of
from classifier_worker.transcription import recognition as recognition_module
from classifier_worker.transcription.recognition import (
    ProcessRecognition,
    RecogniserMissingError,
    UntranscribableError,
)

KILLS, RAISES, HANGS, SAYS_ITS_SETTINGS = 1, 2, 3, 4

RECOGNISER = """
import os, signal, sys, time
from classifier_worker.speech.words.transcript import Transcript, Word
from classifier_worker.transcription.recogniser_process import main

def transcribe(utterance, language):
    print("a library may print what it likes")
    kind = round(float(utterance.audio[0]) * 32768) if len(utterance.audio) else 0
    if kind == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == 2:
        raise ArithmeticError("nobody may read what was said")
    if kind == 3:
        time.sleep(3600)
    if kind == 4:
        settings = " ".join(sorted(name for name in os.environ if name.startswith("LINNET_")))
        text = f"{os.getpid()} {os.nice(0)} [{settings}]"
    else:
        text = f"{len(utterance.audio)} {len(utterance.voice)} {language}"
    return Transcript(text, (Word(text, 0.0, 1.0, 0.9),), language or "en", -0.1, 0.0)

def load():
    if sys.argv[1] == "missing":
        raise FileNotFoundError("Install the weights.")
    if sys.argv[1] == "broken":
        os._exit(3)
    return transcribe

main(load)
"""


@pytest.fixture
def command(tmp_path: Path) -> tuple[str, ...]:
    script = tmp_path / "recogniser.py"
    script.write_text(RECOGNISER)
    return (sys.executable, str(script))


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[4]))
    monkeypatch.setenv("LINNET_REDIS_URL", "redis://worker:password@127.0.0.1")


@asynccontextmanager
async def running(command: tuple[str, ...], limit: float = 60.0) -> AsyncIterator[ProcessRecognition]:
    recognition = ProcessRecognition("any", limit, LoadMeter(), command)
    await recognition.start()
    try:
        yield recognition
    finally:
        await recognition.aclose()


def awaited(kind: int = 0, samples: int = 1024) -> Awaited:
    pcm = np.full(samples, kind, np.int16)
    return Awaited(Bounds(0, samples, samples), pcm, np.ones(samples // 512, np.float32), Voices(0))


def so_far(kind: int = 0, samples: int = 1024) -> Utterance:
    return utterance_of(0, np.full(samples, kind, np.int16), [1.0] * (samples // 512))


async def text(recognition: ProcessRecognition, utterance: Awaited, language: str = "") -> str:
    found = await recognition.transcribe(utterance, language)
    assert found is not None
    return found.text


async def test_utterances_come_back_as_words_in_turn(command: tuple[str, ...]) -> None:
    async with running(command) as recognition:
        found = await asyncio.gather(*(text(recognition, awaited(samples=512 * n), "de") for n in (1, 2, 3)))
        assert found == ["512 1 de", "1024 2 de", "1536 3 de"]
        assert recognition.backlog == 0.0


async def test_what_is_over_comes_before_what_is_still_being_said(command: tuple[str, ...]) -> None:
    async with running(command) as recognition:
        order: list[str] = []

        async def note(name: str, work: object) -> None:
            await work  # type: ignore[misc]
            order.append(name)

        jobs = [
            note("first", recognition.transcribe(awaited(), "")),
            note("preview", recognition.preview(so_far(), "")),
            note("second", recognition.transcribe(awaited(), "")),
        ]
        await asyncio.gather(*jobs)
        assert order == ["first", "second", "preview"]


@pytest.mark.parametrize("kind", [KILLS, RAISES, HANGS])
async def test_an_utterance_that_the_recogniser_fails_on_costs_only_its_own_words(
    command: tuple[str, ...], kind: int
) -> None:
    async with running(command, limit=60.0 if kind != HANGS else 2.0) as recognition:
        bad, good = await asyncio.gather(
            recognition.transcribe(awaited(kind), ""), text(recognition, awaited()), return_exceptions=True
        )
        assert isinstance(bad, UntranscribableError)
        assert "nobody" not in str(bad)
        assert good == "1024 2 None"


async def test_a_preview_that_fails_is_none(command: tuple[str, ...]) -> None:
    async with running(command) as recognition:
        assert await recognition.preview(so_far(KILLS), "") is None
        assert await text(recognition, awaited()) == "1024 2 None"


async def test_the_process_has_no_setting_and_yields_to_the_worker(command: tuple[str, ...]) -> None:
    async with running(command) as recognition:
        process, nice, settings = (await text(recognition, awaited(SAYS_ITS_SETTINGS))).split()
        assert settings == "[]"
        assert int(nice) > os.nice(0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(process), 0)


async def test_what_nobody_waits_for_any_more_is_not_transcribed(command: tuple[str, ...]) -> None:
    async with running(command) as recognition:
        first = asyncio.create_task(recognition.transcribe(awaited(), ""))
        given_up = asyncio.create_task(recognition.transcribe(awaited(KILLS), ""))
        await asyncio.sleep(0)
        given_up.cancel()
        await first
        assert await text(recognition, awaited()) == "1024 2 None"


async def test_a_recogniser_that_never_comes_back_keeps_nobody_waiting(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition_module, "_PAUSE", 0.01)
    async with running(command) as recognition:
        (tmp_path / "recogniser.py").write_text("import sys; sys.exit(1)")
        for kind in (KILLS, 0):
            with pytest.raises(UntranscribableError):
                await recognition.transcribe(awaited(kind), "")
        (tmp_path / "recogniser.py").write_text(RECOGNISER)
        with pytest.raises(UntranscribableError):  # it starts the recogniser again only after its own try
            await recognition.transcribe(awaited(KILLS), "")
        assert await text(recognition, awaited()) == "1024 2 None"


@pytest.mark.parametrize(("size", "why"), [("missing", "Install the weights."), ("broken", "did not load")])
async def test_models_that_cannot_be_loaded_are_named(command: tuple[str, ...], size: str, why: str) -> None:
    recognition = ProcessRecognition(size, 60.0, LoadMeter(), command)
    with pytest.raises(RecogniserMissingError, match=why):
        await recognition.start()
    await recognition.aclose()
