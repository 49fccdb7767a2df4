"""What the scripts by which gateways write audio answer, and what they leave in Redis."""

import time

import pytest
from redis.asyncio import Redis

from gateway.session.session_keys import Place
from shared import keys
from shared.contract.pcm_stream import APPEND, ATTACH, END
from shared.contract.session import Session, new_session_id

FRAME = bytes(200)


@pytest.fixture
async def place(redis: Redis) -> Place:
    """A session that has just started."""
    place = Place(0, new_session_id(0))
    await redis.hset(place.record, mapping=dict(Session(started_at=time.time()).to_hash()))  # type: ignore[misc]
    await redis.zadd(place.presence, {place.session_id: time.time() + 90})
    return place


async def attach(redis: Redis, place: Place, token: str) -> list[object]:
    found = await ATTACH.run(redis, [place.record], [token, keys.socket_channel(place.session_id), ""])
    assert isinstance(found, list)
    return found


async def append(redis: Redis, place: Place, token: str, offset: int, number: int) -> object:
    names = [place.record, place.pcm, place.pcm_flow]
    answer = await APPEND.run(redis, names, [token, place.session_id, offset, offset + 100, FRAME, number])
    assert isinstance(answer, list)
    return answer[0]


async def end(redis: Redis, place: Place) -> object:
    return await END.run(redis, [place.record, place.pcm, place.presence], [place.session_id, "client"])


async def test_only_the_newest_socket_goes_on(redis: Redis, place: Place) -> None:
    async with redis.pubsub() as listening:
        await listening.subscribe(keys.socket_channel(place.session_id))
        assert (await attach(redis, place, "first"))[-1] == 1
        assert await append(redis, place, "first", 0, 1) == b"ok"
        assert (await attach(redis, place, "second"))[-1] == 2
        said = []
        while (message := await listening.get_message(timeout=0.5)) is not None:
            said.append(message["data"])
    assert said == [1, b"1", b"2"]
    assert await append(redis, place, "first", 100, 1) == b"superseded"
    assert await append(redis, place, "second", 100, 2) == b"ok"
    assert await redis.xlen(place.pcm) == 2


async def test_a_socket_whose_takeover_was_lost_is_not_superseded(redis: Redis, place: Place) -> None:
    await attach(redis, place, "first")
    as_it_was = await redis.hgetall(place.record)  # type: ignore[misc]
    await attach(redis, place, "second")
    await redis.hset(place.record, mapping=as_it_was)  # type: ignore[misc]
    assert await append(redis, place, "second", 0, 2) == b"rewound"
    await attach(redis, place, "third")
    assert await append(redis, place, "second", 0, 2) == b"superseded"
    assert await redis.xlen(place.pcm) == 0


async def test_a_session_ends_once_and_takes_nothing_more(redis: Redis, place: Place) -> None:
    await attach(redis, place, "first")
    assert await end(redis, place) == b"running"
    assert await end(redis, place) == b"stopped"
    assert [fields for _, fields in await redis.xrange(place.pcm)] == [
        {b"s": place.session_id.encode(), b"e": b"client"}
    ]
    assert await redis.zscore(place.presence, place.session_id) is None
    assert await append(redis, place, "first", 0, 1) == b"stopped"
    assert await attach(redis, place, "second") == [b"stopped"]
    await redis.delete(place.record)
    assert await append(redis, place, "first", 0, 1) == b"unknown"
    assert await attach(redis, place, "second") == [b"unknown"]
    assert await end(redis, place) is None
