"""Decode with FFmpeg through PyAV."""

from collections.abc import Iterator
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet

from classifier_worker.speech.recording.decoder import Block, Channels, UnreadableError
from classifier_worker.speech.recording.window import Window

_KINDS: Final = (
    "wav,w64,aiff,au,caf,mp3,flac,ogg,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,asf,avi,flv,mpegts,mpeg,"
    "aac,ac3,eac3,amr,amrnb,amrwb,ape,wv,tta,dsf,gsm,g722,voc,ircam,nist,sox,rm,mpc,mpc8"
)
"""Accepted formats; not playlists, which would make FFmpeg open other files and addresses."""
_OPTIONS: Final = {"format_whitelist": _KINDS, "protocol_whitelist": "none", "ignore_length": "1"}
_ESTIMATING: Final = ("mp3", "aac", "ac3", "eac3", "amr", "amrnb", "amrwb", "mpeg", "mpegts")
"""Formats whose length FFmpeg estimates from the bit rate, except an MP3 that begins with a frame count."""
_HEAD: Final = 65_536


class FfmpegDecoder:
    """Decodes a part of a file whose format FFmpeg detects from its content."""

    def __init__(self, source: Window) -> None:
        self.faults = 0
        head = source.read(_HEAD)
        source.seek(0)
        try:
            self._container = av.open(source, "r", options=dict(_OPTIONS), metadata_errors="replace")
        except (av.FFmpegError, ValueError) as error:
            raise UnreadableError(_reason(error)) from error
        if not self._container.streams.audio:
            self._container.close()
            raise UnreadableError("there is no sound in it")
        self._stream = self._container.streams.audio[0]
        counted = b"Xing" in head or b"Info" in head
        self.guessed = self._container.format.name in _ESTIMATING and not counted

    @property
    def seconds(self) -> float | None:
        duration = self._container.duration
        return None if duration is None else duration / av.time_base

    def blocks(self) -> Iterator[Block]:
        for packet in self._packets():
            for frame in self._frames(packet):
                if frame.samples:
                    yield Block(frame.sample_rate, _channels(frame))

    def close(self) -> None:
        self._container.close()

    def _packets(self) -> "Iterator[Packet[AudioStream]]":
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                self.faults += 1
                return
            if packet is None:
                return
            yield packet

    def _frames(self, packet: "Packet[AudioStream]") -> list[AudioFrame]:
        try:
            return list(packet.decode())
        except av.FFmpegError:
            self.faults += 1
            return []


def _channels(frame: AudioFrame) -> Channels:
    samples = frame.to_ndarray()
    kind = samples.dtype
    channels = samples.astype(np.float64)
    channels = channels.T if frame.format.is_planar else channels.reshape(-1, len(frame.layout.channels))
    if kind == np.uint8:
        return ((channels - 128.0) / 128.0).astype(np.float32)
    full_scale = 2.0 ** (8 * kind.itemsize - 1) if kind.kind == "i" else 1.0
    return (channels / full_scale).astype(np.float32)


def _reason(error: Exception) -> str:
    words = getattr(error, "strerror", None) or str(error)
    return words[:1].lower() + words[1:].rstrip(".")
