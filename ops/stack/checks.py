"""Check before a start that the ports are free and the configured Redis is reachable and new enough.

python -m ops.stack.checks [--beside-running]
    --beside-running: ports on which this folder's own stack listens count as free, since a restart stops it first
"""

import asyncio
import errno
import os
import socket
import sys
from collections.abc import Collection

import psutil
from redis.exceptions import RedisError

from ops.stack.leftovers import of_stack
from shared.redis_address import parse_address
from shared.settings import Settings
from shared.store.links import UnsuitableServerError, check_servers
from shared.store.open import open_links


def port_problem(host: str, port: int, variable: str) -> str | None:
    """Return a sentence if none of our processes could listen on the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Set as servers set it, so that connections of a recently stopped stack do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = _holder(port) if error.errno == errno.EADDRINUSE else f"cannot be opened ({error})"
            return f"Port {port} on {host} {reason}: set {variable} to a free port in the environment or in .env."
    return None


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            where = connection.laddr
            listens_there = connection.status == psutil.CONN_LISTEN and len(where) == 2 and where[1] == port
            if listens_there and connection.pid:
                return f"is in use by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:  # macOS allows this only for root
        pass
    return "is in use"


def ports_of_stack(data_dir: str) -> set[int]:
    """Return where the processes of the stack in `data_dir` listen."""
    found = set()
    for process in of_stack(data_dir):
        try:
            listening = [c for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        except psutil.Error:  # it has just ended
            continue
        found |= {connection.laddr.port for connection in listening}
    return found


def port_problems(settings: Settings, own: Collection[int] = ()) -> str | None:
    """Return a sentence on the first port that is taken, or that two of our own processes would share.

    own: ports that will be free before the start.
    """
    ports = [
        (settings.host, settings.ui_port, "LINNET_UI_PORT"),
        (settings.host, settings.gateway_port, "LINNET_GATEWAY_PORT"),
    ]
    if settings.redis_url is None:
        ports.append(("127.0.0.1", settings.redis_port, "LINNET_REDIS_PORT"))
    seen: dict[int, str] = {}
    for host, port, variable in ports:
        if port in seen:
            return f"{variable} and {seen[port]} are both {port}: set them to different ports."
        seen[port] = variable
        if port not in own and (problem := port_problem(host, port, variable)):
            return problem
    return None


async def redis_problem(settings: Settings) -> str | None:
    """Return a sentence if the configured server is unreachable or unsuitable. Prints warnings."""
    shown = parse_address(settings.data_url).shown
    try:
        async with open_links(settings, connections=1) as links:
            for warning in await check_servers(links, settings):
                print(f"Warning: LINNET_REDIS_URL, {shown}: {warning}", file=sys.stderr)
    except UnsuitableServerError as error:
        return f"LINNET_REDIS_URL, {shown}: {error}"
    except (RedisError, OSError) as error:
        reason = str(error).rstrip(".")
        return f"No Redis server is answering at {shown} ({reason}): start it, or correct LINNET_REDIS_URL."
    return None


def path_problem(*paths: str) -> str | None:
    """Return a sentence if the supervisor would mistake part of a path for a variable."""
    for path in paths:
        if "%" in path:
            return f"The process supervisor cannot work in {path}, whose name has a %: rename the folder or move it."
    return None


def main() -> int:
    settings = Settings()
    own = ports_of_stack(os.environ["LINNET_DATA_DIR"]) if "--beside-running" in sys.argv[1:] else ()
    problem = path_problem(os.environ["LINNET_ROOT"], os.environ["LINNET_DATA_DIR"]) or port_problems(settings, own)
    if problem is None and settings.redis_url is not None:
        problem = asyncio.run(redis_problem(settings))
    if problem is not None:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
