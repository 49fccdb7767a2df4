"""PulseAudio without any hardware: a microphone that plays a WAV in a loop, and a silent loudspeaker.

with SoundServer(folder, wav) as sound:
    subprocess.Popen(browser, env=os.environ | sound.environment)
"""

import contextlib
import itertools
import os
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final

import soundfile

_PATIENCE: Final = 30.0
_POLL: Final = 0.1
_PIECE: Final = 0.05
"""Seconds that go into the microphone at a time."""


class SoundServer:
    """Runs until the block ends."""

    def __init__(self, binary: str, folder: Path, wav: Path) -> None:
        self._binary = binary
        self._folder = folder
        self._pcm, self._rate = soundfile.read(wav, dtype="int16")
        self._socket = folder / "sound.socket"
        self._fifo = folder / "microphone"
        self._ended = threading.Event()

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables by which a program finds the server."""
        return {"PULSE_SERVER": f"unix:{self._socket}", "XDG_RUNTIME_DIR": str(self._folder)}

    def __enter__(self) -> "SoundServer":
        microphone = f"file={self._fifo} source_name=microphone format=s16le rate={self._rate} channels=1"
        modules = [
            f"module-native-protocol-unix socket={self._socket} auth-anonymous=1",
            "module-null-sink sink_name=loudspeaker",
            f"module-pipe-source {microphone}",
        ]
        self._log = (self._folder / "pulseaudio.log").open("wb")
        self._process = subprocess.Popen(
            [
                self._binary,
                *["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"],
                *(f"--load={module}" for module in modules),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"HOME": str(self._folder), "XDG_RUNTIME_DIR": str(self._folder)},
        )
        give_up = time.monotonic() + _PATIENCE
        while not (self._socket.exists() and self._fifo.exists()):
            assert self._process.poll() is None, self._said()
            assert time.monotonic() < give_up, self._said()
            time.sleep(_POLL)
        self._speaker = threading.Thread(target=self._speak, daemon=True)
        self._speaker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._process.kill()  # this closes the pipe, which ends the writing thread
        self._process.wait()
        self._speaker.join()
        self._log.close()

    def _speak(self) -> None:
        """Write in real time: the server takes whatever the pipe holds at once."""
        samples = int(self._rate * _PIECE)
        pieces = itertools.cycle(self._pcm[at : at + samples] for at in range(0, len(self._pcm), samples))
        due = time.monotonic()
        with contextlib.suppress(BrokenPipeError), self._fifo.open("wb", buffering=0) as microphone:
            while not self._ended.wait(max(0.0, due - time.monotonic())):
                piece = next(pieces)
                microphone.write(piece.tobytes())
                due += len(piece) / self._rate

    def _said(self) -> str:
        return (self._folder / "pulseaudio.log").read_text(errors="replace")
