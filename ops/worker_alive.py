"""Health check of a worker's container: `python -m ops.worker_alive` checks that this host has a registered worker."""

import asyncio
import socket
import sys

from shared import keys
from shared.settings import Settings
from shared.store.open import open_links


async def alive() -> bool:
    """Return whether a worker of this host is alive. Its id begins with the host's name; after its score's time it is
    dead."""
    async with open_links(Settings().for_worker(), connections=1) as links:
        await links.ready()
        seconds, _ = await links.general.time()
        members = await links.general.zrangebyscore(keys.WORKERS, seconds, "+inf")
    host = f"{socket.gethostname()}-".encode()
    return any(member.startswith(host) for member in members)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(alive()) else "No worker on this host is registered in Redis.")
