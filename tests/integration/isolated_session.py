"""A whole session with every process, where every address is this machine: prints what was asked for, as JSON.

    unshare -n ./manage.sh python -m tests.integration.isolated_session DATA_DIR

In a network namespace of its own all addresses are routed to loopback. Nothing gets out, and every attempt to reach
something is a packet that is seen here, look-ups of names included.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

import httpx
import psutil
import soundfile
from websockets.sync.client import connect

from ops.stack.leftovers import of_stack
from testkit.redis_server import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
LOOKED_AT_SECONDS: Final = 25.0
"""How long the worker lives: ONNX Runtime, unless told, reports after about nine."""
CANARY: Final = ("udp", "192.0.2.7", 9)
"""Sent by this program itself. Whoever sees it would see the rest."""

_IPV4, _IPV6 = 0x0800, 0x86DD
_TCP, _UDP = 6, 17

Attempt = tuple[str, str, int]


class Lookout:
    """Record every address and port that any process tries to reach in this network namespace."""

    def __init__(self) -> None:
        self.seen: set[Attempt] = set()
        everything = 3  # ETH_P_ALL, linux/if_ether.h
        self._packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(everything))
        self._packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024 * 1024)
        self._packets.bind(("lo", everything))
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            frame = self._packets.recv(256)
            attempt = attempt_in(frame[14:], int.from_bytes(frame[12:14]))
            if attempt is not None:
                self.seen.add(attempt)


def attempt_in(packet: bytes, kind: int) -> Attempt | None:
    """Where an IP packet goes if it opens a TCP connection or is UDP."""
    if kind == _IPV4:
        protocol, to, rest = packet[9], socket.inet_ntop(socket.AF_INET, packet[16:20]), packet[4 * (packet[0] & 15) :]
    elif kind == _IPV6:
        protocol, to, rest = packet[6], socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[40:]
    else:
        return None
    if protocol not in (_TCP, _UDP) or len(rest) < 8:
        return None
    (port,) = struct.unpack("!H", rest[2:4])
    if protocol == _UDP:
        return "udp", to, port
    syn, ack = rest[13] & 0x02, rest[13] & 0x10
    return ("tcp", to, port) if syn and not ack else None


def route_everything_here() -> None:
    for command in ("link set lo up", "route add local default dev lo", "-6 route add local default dev lo"):
        subprocess.run(["ip", *command.split()], check=True)


def hold_a_session(page: str) -> int:
    """Speaks the bundled sample, listens, reads and exports; how many events came."""
    samples, rate = soundfile.read(ROOT / "frontend" / "public" / "sample.flac", dtype="int16")
    with httpx.Client(base_url=page, timeout=60) as client:
        session_id = client.post("/session/start", json={"sample_rate": rate}).raise_for_status().json()["session_id"]
        with (
            client.stream("GET", f"/session/{session_id}/stream") as stream,
            connect(f"{page.replace('http', 'ws')}/session/{session_id}/audio", compression=None) as audio,
        ):
            for begin in range(0, len(samples), rate // 10):
                audio.send(samples[begin : begin + rate // 10].tobytes())
                audio.recv()
            client.delete(f"/session/{session_id}/end").raise_for_status()
            events = sum(line == "event: tone-event" for line in stream.iter_lines())
        client.get(f"/session/{session_id}/history").raise_for_status()
        client.get(f"/session/{session_id}/export?format=csv").raise_for_status()
        client.delete(f"/session/{session_id}").raise_for_status()
    return events


def age_of_worker(data_dir: str) -> float:
    """Seconds since the youngest process of the workers began."""
    workers = [process for process in of_stack(data_dir) if "classifier_worker" in " ".join(process.cmdline())]
    return min(time.time() - process.create_time() for process in workers)


def main(data_dir: str) -> int:
    route_everything_here()
    lookout = Lookout()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as canary:
        canary.sendto(b"", CANARY[1:])
    ports = {name: free_port() for name in ("UI", "GATEWAY", "REDIS")}
    # Under CI ONNX Runtime keeps quiet by itself, and elsewhere it must, too.
    inherited = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    numbers = {f"LINNET_{name}_PORT": str(port) for name, port in ports.items()}
    environment = {**inherited, **numbers, "LINNET_DATA_DIR": data_dir, "LINNET_REDIS_URL": ""}
    try:
        started = subprocess.run(
            ["./manage.sh", "start"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            check=False,
        )
        if started.returncode != 0:
            return 1
        events = hold_a_session(f"http://127.0.0.1:{ports['UI']}")
        processes = sorted({psutil.Process(process.pid).name() for process in of_stack(data_dir)})
        time.sleep(max(0.0, LOOKED_AT_SECONDS - age_of_worker(data_dir)))
    finally:
        subprocess.run(["./manage.sh", "stop"], cwd=ROOT, env=environment, stdout=sys.stderr, check=True)
    told = {"events": events, "processes": processes, "ports": sorted(ports.values()), "tried": sorted(lookout.seen)}
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
