"""Sending without waiting: eager steps, and a listener whose client keeps up, lags, stalls or leaves."""

import asyncio

import pytest
from starlette.types import Message

from gateway.events.eager_sender import step
from gateway.events.sse_client import SseClient
from gateway.session.reader import Reader
from gateway.session.session_keys import Place
from shared.contract.event_id import BEGINNING
from shared.contract.session import new_session_id

READER = Reader(Place(0, new_session_id(0)))


async def test_what_never_waits_is_done_at_once() -> None:
    done = []

    async def work() -> None:
        done.append(1)

    assert step(work()) is None
    assert done == [1]


async def test_what_waits_is_finished_by_its_rest() -> None:
    gate, done = asyncio.Event(), []

    async def work() -> None:
        await gate.wait()
        await asyncio.sleep(0)
        done.append(1)

    rest = step(work())
    assert rest is not None and not done
    gate.set()
    await rest
    assert done == [1]


async def test_cancelling_the_rest_cancels_inside() -> None:
    ends = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ends.append(1)

    rest = step(work())
    assert rest is not None
    task = asyncio.ensure_future(rest)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ends == [1]


async def test_errors_come_out_of_step() -> None:
    async def work() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        step(work())


class Client:
    """An ASGI send() that can be stopped and started."""

    def __init__(self) -> None:
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.got: list[bytes] = []
        self.ended = 0

    async def send(self, message: Message) -> None:
        await self.flowing.wait()
        self.got.append(message["body"])
        self.ended += not message["more_body"]


class Listening:
    """A listener with a bound of 3, and its client."""

    def __init__(self) -> None:
        self.client = Client()
        self.cut_off = 0
        self.listener = SseClient(READER, self.client.send, 3, BEGINNING, self._on_cut_off)

    def _on_cut_off(self) -> None:
        self.cut_off += 1

    def deliver(self, *blocks: bytes) -> None:
        for block in blocks:
            self.listener.deliver(block, 0.0)

    @property
    def text(self) -> bytes:
        return b"".join(self.client.got)


async def test_a_client_that_keeps_up_needs_no_task() -> None:
    one = Listening()
    one.deliver(b"a", b"b")
    assert one.client.got == [b"a", b"b"]


async def test_what_gathered_while_the_client_waited_comes_in_order() -> None:
    one = Listening()
    one.client.flowing.clear()
    one.deliver(b"a", b"b", b"c")
    assert one.client.got == []
    one.client.flowing.set()
    await asyncio.sleep(0.01)
    one.deliver(b"d")
    assert one.text == b"abcd"


async def test_a_stalled_client_is_cut_off_when_its_queue_is_full() -> None:
    one = Listening()
    one.client.flowing.clear()
    one.deliver(b"a", b"b", b"c", b"d", b"e", b"f")
    assert one.cut_off == 1 and one.listener.closed
    one.client.flowing.set()
    await asyncio.sleep(0.01)
    assert one.text == b"a"  # what was under way; then the response ends, and the client resumes
    assert one.client.ended == 1


async def test_what_is_only_worth_sending_live_cuts_nobody_off_and_is_sent_in_its_newest_form() -> None:
    one = Listening()
    one.client.flowing.clear()
    one.deliver(b"a", b"b")
    for n in range(1000):
        one.listener.show("u1", b"[u1 %d]" % n, 0.0)
    one.deliver(b"c", b"d")  # as many as may wait
    assert one.cut_off == 0 and not one.listener.closed
    one.client.flowing.set()
    await asyncio.sleep(0.01)
    assert one.text == b"a[u1 999]bcd"


async def test_the_newest_of_each_utterance_is_sent_but_only_of_so_many() -> None:
    one = Listening()
    one.client.flowing.clear()
    one.deliver(b"a")
    for n in range(1000):
        one.listener.show(f"u{n}", b"[%d]" % n, 0.0)
        one.listener.show(f"u{n - 1}", b"(%d)" % (n - 1), 0.0)
    one.client.flowing.set()
    await asyncio.sleep(0.01)
    assert one.text.startswith(b"a") and one.text.endswith(b"[999](998)")
    assert len(one.text) < 100


async def test_a_client_that_keeps_up_is_shown_everything_in_order() -> None:
    one = Listening()
    one.deliver(b"a")
    one.listener.show("u1", b"b", 0.0)
    one.deliver(b"c")
    assert one.client.got == [b"a", b"b", b"c"]


async def test_nothing_is_shown_once_the_client_is_cut_off_gone_or_finished() -> None:
    cut_off, gone, finished = Listening(), Listening(), Listening()
    for one in (cut_off, gone, finished):
        one.client.flowing.clear()
        one.deliver(b"a")
        one.listener.show("u1", b"b", 0.0)
    cut_off.deliver(b"c", b"d", b"e", b"f")
    gone.listener.abandon()
    finished.listener.finish()
    for one in (cut_off, gone, finished):
        one.listener.show("u1", b"too late", 0.0)
        one.client.flowing.set()
    await asyncio.sleep(0.01)
    assert [one.text for one in (cut_off, gone, finished)] == [b"a", b"", b"ab"]
    assert [one.client.ended for one in (cut_off, gone, finished)] == [1, 0, 1]


async def test_finishing_comes_behind_what_waits() -> None:
    one = Listening()
    one.client.flowing.clear()
    one.deliver(b"a", b"b")
    one.listener.finish()
    one.deliver(b"too late")
    one.client.flowing.set()
    await asyncio.sleep(0.01)
    assert (one.text, one.client.ended) == (b"ab", 1)


async def test_finishing_a_client_that_stalls_just_then_ends_it_once() -> None:
    one = Listening()
    one.client.flowing.clear()
    one.listener.finish()
    one.listener.finish()
    one.client.flowing.set()
    await asyncio.sleep(0.01)
    assert one.client.ended == 1


async def test_an_abandoned_listener_sends_nothing_more() -> None:
    one = Listening()
    one.client.flowing.clear()
    one.deliver(b"a", b"b")
    one.listener.abandon()
    one.client.flowing.set()
    await asyncio.sleep(0.01)
    assert one.client.got == []


async def test_a_client_that_has_left_closes_its_listener() -> None:
    async def send(_: Message) -> None:
        raise OSError("gone")

    listener = SseClient(READER, send, 3, BEGINNING, lambda: None)
    listener.deliver(b"a", 0.0)
    assert listener.closed
