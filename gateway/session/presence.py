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

RENEW = Script("""
-- KEYS presence, PCM stream, session record, the session's other keys; ARGV session id, idle_ttl, running_expiry
local r = redis.call('HMGET', KEYS[3], 'state', 'pinned', 'ended_at', 'link')
if not r[1] then return end
redis.call('ZREM', KEYS[1], '')  -- nothing, but a script that has written may go on when memory is full
if r[1] == 'running' then
  local now = redis.call('TIME')
  redis.call('ZADD', KEYS[1], now[1] + now[2] / 1000000 + ARGV[2], ARGV[1])
end
for i = 1, 2 do redis.call('EXPIRE', KEYS[i], ARGV[3]) end
if r[3] or r[2] == '1' then return end
for i = 3, #KEYS do redis.call('EXPIRE', KEYS[i], ARGV[3]) end
if r[4] then redis.call('EXPIRE', r[4], ARGV[3]) end
""")

USE = Script("""
-- KEYS PARTITIONS; ARGV partitions
redis.call('ZREM', KEYS[1], '')  -- as above
local now = redis.call('TIME')
for _, partition in ipairs(ARGV) do redis.call('ZADD', KEYS[1], now[1] + now[2] / 1000000, partition) end
""")


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
                await USE.run(self._links.general, [keys.PARTITIONS], [str(partition) for partition in used])

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
