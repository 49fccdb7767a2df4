"""Several real Redis servers: a primary with replicas watched by three Sentinels, and a cluster of three."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

from testkit.redis_server import RedisServer, free_port, server_binary

SERVICE = "linnet-tests"
_SENTINEL = """
port {port}
bind 127.0.0.1
dir {directory}
logfile {directory}/sentinel.log
sentinel monitor {service} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {service} 500
sentinel failover-timeout {service} 1000
sentinel myid {port:040x}
"""


def wait_until(true: Callable[[], Any], what: str, seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, f"not so after {seconds} s: {what}"
        time.sleep(0.05)


class SentinelSet:
    """A primary, two replicas, and three Sentinels that fail over half a second after the primary has gone."""

    def __init__(self) -> None:
        at_once = ("--repl-diskless-sync-delay", "0")
        self.primary = RedisServer(*at_once, appendonly=True)
        follow = ("--replicaof", f"127.0.0.1 {self.primary.port}", *at_once)
        self.replicas = [RedisServer(*follow, appendonly=True) for _ in range(2)]
        self._ports = [free_port() for _ in range(3)]
        self._directory = Path(tempfile.mkdtemp(prefix="linnet-sentinel-"))
        self._sentinels: list[subprocess.Popen[bytes]] = []
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        self.url = f"redis+sentinel://{hosts}/{SERVICE}"

    def __enter__(self) -> Self:
        try:
            self.primary.start()
            for replica in self.replicas:
                replica.start()
            for replica in self.replicas:
                wait_until(partial(follows, replica.port), "the replicas follow")
            for port in self._ports:
                self._start_sentinel(port)
            for port in self._ports:
                wait_until(partial(_sees_all, port), "the Sentinels know each other and the replicas")
        except BaseException:
            self.remove()
            raise
        return self

    def _start_sentinel(self, port: int) -> None:
        directory = self._directory / str(port)
        directory.mkdir()
        configuration = directory / "sentinel.conf"
        lines = _SENTINEL.format(port=port, directory=directory, service=SERVICE, primary=self.primary.port)
        # Tell the Sentinels at once what they would otherwise take seconds to discover.
        for replica in self.replicas:
            lines += f"sentinel known-replica {SERVICE} 127.0.0.1 {replica.port}\n"
        for other in set(self._ports) - {port}:
            lines += f"sentinel known-sentinel {SERVICE} 127.0.0.1 {other} {other:040x}\n"
        configuration.write_text(lines)
        command = [str(server_binary()), str(configuration), "--sentinel"]
        self._sentinels.append(
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )

    def remove(self) -> None:
        for sentinel in self._sentinels:
            sentinel.kill()
            sentinel.wait()
        for server in (self.primary, *self.replicas):
            server.remove()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()


def follows(port: int) -> bool:
    with redis.Redis(port=port) as replica:
        return bool(replica.info("replication")["master_link_status"] == "up")


def _sees_all(port: int) -> bool:
    with redis.Redis(port=port) as sentinel:
        try:
            state: dict[str, Any] = sentinel.sentinel_master(SERVICE)
        except (redis.ConnectionError, redis.ResponseError):
            return False
    return bool(state["num-other-sentinels"] == 2 and state["num-slaves"] == 2)


class Cluster:
    """Three primaries that share all slots."""

    def __init__(self) -> None:
        self._bus_ports = [free_port() for _ in range(3)]
        self.servers = [
            RedisServer(
                *("--cluster-enabled", "yes", "--cluster-node-timeout", "1500"),
                *("--cluster-port", str(port), "--cluster-require-full-coverage", "no"),
                appendonly=True,
            )
            for port in self._bus_ports
        ]
        self.url = "redis+cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in self.servers)

    def __enter__(self) -> Self:
        try:
            for server in self.servers:
                server.start()
            self._form()
        except BaseException:
            self.remove()
            raise
        return self

    def _form(self) -> None:
        bounds = [0, 5461, 10923, 16384]
        for server, first, end in zip(self.servers, bounds, bounds[1:], strict=False):
            _cluster(server.port, "ADDSLOTSRANGE", first, end - 1)
        meeting = self.servers[0]
        for server in self.servers[1:]:
            _cluster(server.port, "MEET", "127.0.0.1", meeting.port, self._bus_ports[0])
        self.wait_until_whole()

    def move_slot(self, slot: int, source: RedisServer, target: RedisServer) -> None:
        """Move slots as resharding does, key by key, while the cluster is in use."""
        source_id, target_id = _cluster(source.port, "MYID"), _cluster(target.port, "MYID")
        _cluster(target.port, "SETSLOT", slot, "IMPORTING", source_id)
        _cluster(source.port, "SETSLOT", slot, "MIGRATING", target_id)
        with redis.Redis(port=source.port) as client:
            while names := _cluster(source.port, "GETKEYSINSLOT", slot, 100):
                client.migrate("127.0.0.1", target.port, names, 0, 5000)
        for server in (target, source):
            _cluster(server.port, "SETSLOT", slot, "NODE", target_id)

    def wait_until_whole(self) -> None:
        for server in self.servers:
            wait_until(partial(_is_whole, server.port), "the cluster is whole")

    def remove(self) -> None:
        for server in self.servers:
            server.remove()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()


def _cluster(port: int, *command: str | int) -> Any:
    with redis.Redis(port=port) as client:
        return client.execute_command(f"CLUSTER {command[0]}", *command[1:])


def _is_whole(port: int) -> bool:
    info = _cluster(port, "INFO")
    return bool(
        info["cluster_state"] == "ok" and info["cluster_known_nodes"] == "3" and info["cluster_slots_ok"] == "16384"
    )
