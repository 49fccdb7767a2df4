"""Keep sessions alive while a client speaks or listens through this gateway."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from redis.asyncio import Redis

from gateway.metrics import Metrics
from gateway.session.session_keys import Place
from shared import keys
from shared.settings import Settings
from shared.store.batches import batches
from shared.store.links import AWAY, Links
from shared.store.lua import Argument, Script

RENEW = Script(__file__, "renew", when_full="sorted set")

USE_PARTITIONS = Script(__file__, "use_partitions", when_full="sorted set")


class Presence:
    """Counts speakers and listeners, and renews all sessions of this gateway in a few round trips."""

    def __init__(self, settings: Settings, links: Links, metrics: Metrics) -> None:
        self._settings = settings
        self._links = links
        self._metrics = metrics
        self._present: Counter[Place] = Counter()
        self._arrived: set[Place] = set()
        self._arrival = asyncio.Event()

    @contextmanager
    def of(self, place: Place) -> Iterator[None]:
        """Note that a client speaks or listens in this session."""
        self._present[place] += 1
        self._arrived.add(place)
        self._arrival.set()
        try:
            yield
        finally:
            self._present[place] -= 1
            if not self._present[place]:
                del self._present[place]

    async def run(self) -> None:
        """Renew new sessions at once and all sessions every presence_interval, until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._settings.presence_interval
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._arrival.wait()
            places: Iterable[Place] = self._arrived
            if loop.time() >= due:  # even if new sessions keep arriving
                places = self._present
                due = loop.time() + self._settings.presence_interval
            await self._renew(list(places))

    async def _renew(self, places: list[Place]) -> None:
        self._arrived.clear()
        self._arrival.clear()
        servers = self._links.by_server(places, lambda place: place.partition)
        await asyncio.gather(*(self._renew_on(redis, theirs) for redis, theirs in servers))
        if places:  # a store that came back without its newest writes may have forgotten that they are in use
            with suppress(*AWAY):
                used = sorted({place.partition for place in places})
                await USE_PARTITIONS.run(self._links.general, [keys.PARTITIONS], [str(partition) for partition in used])

    async def _renew_on(self, redis: Redis, places: list[Place]) -> None:
        for batch in batches(places):
            await self._renew_batch(redis, batch)

    async def _renew_batch(self, redis: Redis, places: Sequence[Place]) -> None:
        async with redis.pipeline(transaction=False) as pipe:
            for index, place in enumerate(places):
                names = [place.presence, place.pcm, *place.all_keys]
                args: list[Argument] = [place.session_id, self._settings.idle_ttl, self._settings.running_expiry]
                RENEW.queue(pipe, names, args, first=index == 0)
            try:
                await pipe.execute()
            except AWAY:
                self._metrics.redis_errors.inc()  # the next round renews them; idle_ttl outlives several rounds
