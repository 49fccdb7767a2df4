"""What each Redis user may not do. The other tests run as these users and show what they may do."""

from collections.abc import AsyncIterator, Sequence

import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from classifier_worker.partition.commit import _COMMIT
from gateway.api.erase import ERASE
from ops.redis_users import USERS
from shared import keys
from shared.contract.session import new_session_id
from shared.contract.session_link import new_link_id
from testkit.redis_server import as_user

PARTITION = 3
ID = new_session_id(PARTITION)
SESSION = keys.session(PARTITION, ID)
EVENTS = keys.events(PARTITION, ID)
CHECKPOINT = keys.checkpoint(PARTITION, ID)
CORRECTIONS = keys.corrections(PARTITION, ID)
LINK = keys.link(PARTITION, new_link_id(PARTITION))
PCM = keys.pcm(PARTITION)

NOBODY_MAY: list[Sequence[str]] = [
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("KEYS", "*"),
    ("SCAN", "0"),
    ("RANDOMKEY",),
    ("CONFIG", "GET", "*"),
    ("ACL", "LIST"),
    ("SHUTDOWN",),
    ("MONITOR",),
    ("CLIENT", "LIST"),
    ("SLOWLOG", "GET"),  # shows what others' commands carried
    ("REPLICAOF", "127.0.0.1", "1"),
    ("MIGRATE", "127.0.0.1", "1", SESSION, "0", "1"),
    ("DUMP", SESSION),
    ("SCRIPT", "FLUSH"),
    ("FUNCTION", "LIST"),
    ("SET", "another service's", "x"),
    ("GET", "another service's"),
    ("PSUBSCRIBE", "*"),
]

MAY_NOT: dict[str, list[Sequence[str]]] = {
    "gateway": [
        ("XADD", EVENTS, "*", "event", "tone-event"),
        ("PUBLISH", keys.tone_channel(ID), "{}"),
        ("PUBLISH", keys.facts_channel(ID), "{}"),
        ("PSUBSCRIBE", keys.tone_channel("*")),
        ("PSUBSCRIBE", keys.facts_channel("*")),
        ("GET", CHECKPOINT),
        ("SET", CHECKPOINT, "x"),
        ("SET", keys.cursor(PARTITION), "9-0"),
        ("HSET", keys.lease(PARTITION), "epoch", "9"),
        ("DEL", keys.lease(PARTITION)),
        ("SET", keys.epoch(PARTITION), "9"),
        ("ZADD", keys.WORKERS, "9", "ghost"),
        ("SET", keys.MODEL, "{}"),
        ("ZADD", keys.QUEUE, "1", "job"),
        ("SET", "arq:job:1", "x"),
        ("EVAL", "return redis.call('SET', KEYS[1], 'x')", "1", CHECKPOINT),
        ("EVAL", "return redis.call('XADD', KEYS[1], '*', 'event', 'tone-event')", "1", EVENTS),
        ("EVAL", "return redis.call('KEYS', '*')", "0"),
    ],
    "worker": [
        ("DEL", SESSION),
        ("DEL", EVENTS),
        ("XDEL", EVENTS, "1-1"),
        ("LRANGE", CORRECTIONS, "0", "-1"),
        ("RPUSH", CORRECTIONS, "{}"),
        ("GET", LINK),
        ("SET", LINK, ID),
        ("DEL", LINK),
        ("SET", keys.tombstone(PARTITION, ID), ""),
        ("DEL", keys.tombstone(PARTITION, ID)),
        ("ZADD", keys.presence(PARTITION), "9", ID),
        ("SUBSCRIBE", keys.tone_channel(ID)),
        ("SUBSCRIBE", keys.SESSIONS_CHANNEL),
        ("PUBLISH", keys.socket_channel(ID), "x"),
        ("EVAL", "return redis.call('DEL', KEYS[1])", "1", SESSION),
    ],
    "subscriber": [
        ("XREAD", "STREAMS", PCM, "0"),
        ("XRANGE", PCM, "-", "+"),
        ("HGETALL", SESSION),
        ("GET", CHECKPOINT),
        ("GET", LINK),
        ("LRANGE", CORRECTIONS, "0", "-1"),
        ("XADD", EVENTS, "*", "event", "tone-event"),
        ("XDEL", EVENTS, "1-1"),
        ("DEL", EVENTS),
        ("EXPIRE", EVENTS, "1"),
        ("PUBLISH", keys.tone_channel(ID), "{}"),
        ("PUBLISH", keys.SESSIONS_CHANNEL, "{}"),
        ("SUBSCRIBE", keys.socket_channel(ID)),
        ("PSUBSCRIBE", "linnet:*"),
        ("EVAL", "return 1", "0"),
        ("EVAL", "return redis.call('XRANGE', KEYS[1], '-', '+')", "1", EVENTS),
        ("INFO",),
        ("WAIT", "1", "1"),
    ],
}


@pytest.fixture
async def links(redis_url: str, redis: Redis) -> AsyncIterator[dict[str, Redis]]:
    """Each user's client, and one of each kind of key to try it on."""
    await redis.hset(SESSION, mapping={"state": "running", "received": "0"})  # type: ignore[misc]
    await redis.xadd(EVENTS, {"event": "tone-event", "data": "{}"}, id="1-1")
    await redis.xadd(PCM, {"s": ID, "o": "0", "d": b"\0\0"})
    await redis.set(CHECKPOINT, "x")
    await redis.set(LINK, ID)
    await redis.rpush(CORRECTIONS, "{}")  # type: ignore[misc]
    opened = {user: Redis.from_url(as_user(user, redis_url)) for user in USERS}
    yield opened
    for link in opened.values():
        await link.aclose()


@pytest.mark.parametrize("user", USERS)
async def test_a_user_is_kept_from_all_that_is_not_his(links: dict[str, Redis], redis: Redis, user: str) -> None:
    before = [await redis.dump(key) for key in sorted(await redis.keys())]
    allowed = []
    for command in [*NOBODY_MAY, *MAY_NOT[user]]:
        try:
            await links[user].execute_command(*command)  # type: ignore[no-untyped-call]
            allowed.append(command)
        except NoPermissionError:
            pass
        except ResponseError as error:  # from within a script
            assert "permission" in str(error).lower(), command
    assert allowed == []
    assert [await redis.dump(key) for key in sorted(await redis.keys())] == before


async def test_a_subscriber_reads_live_and_stored_events(links: dict[str, Redis], redis: Redis) -> None:
    link = links["subscriber"]
    assert await link.xrange(EVENTS) == await link.xrevrange(EVENTS) != []
    assert await link.xread({EVENTS: "0"})
    async with link.pubsub() as channels:
        public = (keys.tone_channel, keys.facts_channel, keys.words_channel, keys.status_channel)
        await channels.psubscribe(*(channel("*") for channel in public))
        await channels.subscribe(keys.SESSIONS_CHANNEL, keys.tone_channel(ID))
        for _ in range(len(public) + 2):
            await channels.get_message(timeout=60)
        await redis.publish(keys.status_channel(ID), "{}")
        heard = await channels.get_message(timeout=60)
    assert heard is not None
    assert heard["data"] == b"{}"


async def test_neither_side_can_run_the_others_scripts(links: dict[str, Redis]) -> None:
    """Calling a script is allowed; what it then does is judged command by command."""
    audio, tombstone = keys.of_audio(PARTITION), keys.tombstone(PARTITION, ID)
    names = [keys.presence(PARTITION), *audio, tombstone, keys.pinned(PARTITION), *keys.of_session(PARTITION, ID)]
    with pytest.raises(ResponseError, match="permission"):
        await ERASE.run(links["worker"], names, [ID, 4_000_000, 60, keys.SESSIONS_CHANNEL, "{}"])
    names = [keys.lease(PARTITION), keys.cursor(PARTITION), PCM, keys.presence(PARTITION), keys.pcm_flow(PARTITION)]
    names.append(keys.pcm_anew(PARTITION))
    with pytest.raises(ResponseError, match="permission"):
        await _COMMIT.run(links["gateway"], names, [1, "9-0", 60, 60, 100, keys.SESSIONS_CHANNEL, ""])


@pytest.mark.parametrize("user", ["gateway", "nobody"])
async def test_a_wrong_password_opens_nothing(redis_url: str, user: str) -> None:
    async with Redis.from_url(redis_url.replace("://", f"://{user}:wrong@")) as link:
        with pytest.raises(AuthenticationError):
            await link.ping()
