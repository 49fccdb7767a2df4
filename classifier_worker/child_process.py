"""Exchange MessagePack messages with a child process: each message to it follows its length, each answer comes bare."""

import asyncio
import ctypes
import os
import signal
import sys
from contextlib import suppress
from typing import Any, BinaryIO, Final

import msgpack

LENGTH_BYTES: Final = 4
"""Bytes of the big-endian length before each message to the process."""
_PR_SET_PDEATHSIG: Final = 1
"""linux/prctl.h"""
_READ_BYTES: Final = 65_536


# In the parent


async def tell(process_input: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """Write a message. Standard input stays open: the process ends when it closes, as it does when the parent dies."""
    data = msgpack.packb(message)
    with suppress(ConnectionError):
        process_input.write(len(data).to_bytes(LENGTH_BYTES) + data)
        await process_input.drain()


class Answers:
    """The messages of a process, one after the other."""

    def __init__(self, output: asyncio.StreamReader) -> None:
        self._output = output
        self._unpacker = msgpack.Unpacker()

    async def next(self) -> dict[str, Any] | None:
        """Return the next message; None if the process ends without one."""
        while True:
            for message in self._unpacker:
                return dict(message)
            data = await self._output.read(_READ_BYTES)
            if not data:
                return None
            self._unpacker.feed(data)


# In the process


def take_output() -> BinaryIO:
    """Return the stream for answers; send whatever libraries print to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def next_message() -> dict[str, Any] | None:
    """Wait for the parent's next message; None once it closes our input."""
    size = sys.stdin.buffer.read(LENGTH_BYTES)
    if len(size) < LENGTH_BYTES:
        return None
    data = sys.stdin.buffer.read(int.from_bytes(size))
    return dict(msgpack.unpackb(data)) if data else None


def answer(answers: BinaryIO, message: dict[str, Any]) -> None:
    """Write an answer."""
    answers.write(msgpack.packb(message))
    answers.flush()


def die_with_parent() -> None:
    """End this process when the parent dies, even in the middle of a call, where the system supports that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
