"""The answers to a socket's frames: at once while the client reads them, and nothing waits for one that has left."""

import asyncio
from unittest.mock import MagicMock

import pytest
from starlette.types import Message

from gateway.audio.acknowledgements import WINDOW, FrameAnswers
from gateway.audio.ingest import Frame, Stored
from gateway.audio.lag import Backlog
from gateway.audio.refusal import Refusal
from gateway.session.session_keys import Place
from shared.contract.session import new_session_id
from shared.settings import Settings

PLACE = Place(0, new_session_id(0))
STORED = Stored(classified=0, kept=0, received=0)


class Client:
    """An ASGI send() of a client that may stop reading, and may leave."""

    def __init__(self) -> None:
        self.reading = asyncio.Event()
        self.reading.set()
        self.left = False
        self.got: list[str] = []

    async def send(self, message: Message) -> None:
        await self.reading.wait()
        if self.left:
            raise OSError("gone")
        self.got.append(message["text"])


def answers_to(client: Client) -> FrameAnswers:
    def refuse(reason: Refusal) -> None:
        pytest.fail(str(reason))

    backlog = Backlog(Settings(_env_file=None), 16_000)
    return FrameAnswers(MagicMock(), MagicMock(), MagicMock(), PLACE, backlog, send=client.send, refuse=refuse)


def frame(answers: FrameAnswers, size: int) -> Frame:
    answers.expect()
    return Frame(PLACE, "token", 0, size // 2, bytes(size), answers.take)


async def test_answers_that_had_to_wait_keep_their_order() -> None:
    client = Client()
    answers = answers_to(client)
    client.reading.clear()
    for size in (2, 4, 6):
        answers.take(frame(answers, size), STORED)
    assert client.got == []
    client.reading.set()
    await asyncio.wait_for(answers.settle(), 5)
    answers.take(frame(answers, 8), STORED)
    assert client.got == [f'{{"ok":true,"bytes":{size}}}' for size in (2, 4, 6, 8)]


async def test_nobody_waits_for_answers_to_a_client_that_has_left() -> None:
    """Not even when frames were still on their way to Redis as it left."""
    client = Client()
    answers = answers_to(client)
    client.reading.clear()
    on_the_way = [frame(answers, 2) for _ in range(3)]
    answers.take(on_the_way.pop(), STORED)
    client.left = True
    client.reading.set()
    await asyncio.sleep(0.01)
    for one in on_the_way:
        answers.take(one, STORED)
    for _ in range(WINDOW):
        answers.take(frame(answers, 2), STORED)
    await asyncio.wait_for(answers.room(), 5)
    await asyncio.wait_for(answers.settle(), 5)
    assert client.got == []
