"""One commit: all or nothing, stored once, bounded, and without effect on erased sessions."""

import json

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from classifier_worker.fleet.lease import Lease, LeaseLostError, RewoundError, acquire
from classifier_worker.partition.commit import PIECE_BYTES, PIECE_SESSIONS, Progress, commit
from classifier_worker.poison.suspects import Note, write_note
from shared import keys
from shared.contract.event_id import EventId
from shared.contract.session import Session, new_session_id
from shared.contract.stored_event import EventKind, StoredEvent
from shared.settings import Settings
from testkit.live_worker import Speaker

PARTITION = 1


@pytest.fixture
async def lease(redis: Redis) -> Lease:
    lease = await acquire(redis, PARTITION, 1, "test", 60)
    assert lease is not None
    return lease


@pytest.fixture
async def speaker(redis: Redis) -> Speaker:
    speaker = Speaker(redis, PARTITION)
    await speaker.start()
    return speaker


def event(sample: int, kind: EventKind = "tone-event") -> StoredEvent:
    return StoredEvent(EventId(sample, 1), kind, json.dumps({"sample": sample}))


async def test_events_checkpoint_cursor_and_trimming_go_together(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    for _ in range(3):
        await speaker.say(bytes(3200))
    entries = [entry_id.decode() for entry_id, _ in await redis.xrange(keys.pcm(PARTITION))]
    progress = Progress(speaker.session_id, 3200, b"state", [event(1600)], ended=False)
    received = await commit(redis, lease, entries[1], [progress], settings)
    assert received == {speaker.session_id: 4800}
    assert await speaker.events() == [event(1600)]
    assert await redis.get(keys.checkpoint(PARTITION, speaker.session_id)) == b"state"
    assert await redis.get(keys.cursor(PARTITION)) == entries[1].encode()
    assert await redis.hget(speaker.record_key, "classified") == b"3200"  # type: ignore[misc]
    assert [entry_id.decode() for entry_id, _ in await redis.xrange(keys.pcm(PARTITION))] == entries[1:]


async def test_very_many_sessions_are_committed_in_pieces_and_the_cursor_with_the_last(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    await speaker.say(bytes(3200))
    others = [new_session_id(PARTITION) for _ in range(3 * PIECE_SESSIONS)]
    record = Session(started_at=1.0).to_hash()
    for session_id in others:
        await redis.hset(keys.session(PARTITION, session_id), mapping=record)  # type: ignore[misc]
    large = [Progress(sid, 1600, bytes(PIECE_BYTES // 10), [event(1600)], ended=False) for sid in others]
    await redis.config_resetstat()
    received = await commit(
        redis, lease, "9-0", [*large, Progress(speaker.session_id, 1600, b"", [], ended=False)], settings
    )
    stats = await redis.info("commandstats")
    assert stats["cmdstat_eval"]["calls"] >= 15, "neither too many sessions nor too many bytes at once"
    assert stats["cmdstat_set"]["calls"] == len(others) + 2, "each checkpoint and, once, the cursor"
    assert received == dict.fromkeys(others, 0) | {speaker.session_id: 1600}
    assert await redis.get(keys.cursor(PARTITION)) == b"9-0"
    for session_id in others:
        assert await redis.xlen(keys.events(PARTITION, session_id)) == 1


async def test_what_is_set_aside_goes_with_the_commit_that_says_so(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    for _ in range(3):
        await speaker.say(bytes(3200))
    entries = [entry_id.decode() for entry_id, _ in await redis.xrange(keys.pcm(PARTITION))]
    told = event(1600, "service-event")
    progress = Progress(speaker.session_id, 3200, b"state", [told], ended=False, set_aside=[entries[1]])
    await commit(redis, lease, entries[0], [progress], settings)
    left = [entry_id.decode() for entry_id, _ in await redis.xrange(keys.pcm(PARTITION))]
    assert left == [entries[0], entries[2]]
    assert await speaker.events() == [told]


async def test_an_event_computed_twice_is_stored_and_sent_once(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    async with redis.pubsub() as listening:
        channels = (keys.tone_channel, keys.facts_channel, keys.stored_channel)
        await listening.subscribe(*(channel(speaker.session_id) for channel in channels))
        for events in (
            [event(1600)],
            [event(1600), event(3200, "audio-gap")],
            [event(4800)],
            [event(6400, "facts-event")],
        ):
            await commit(redis, lease, "1-0", [Progress(speaker.session_id, 1, b"s", events, False)], settings)
        said = []
        while (message := await listening.get_message(timeout=0.5)) is not None:
            if message["type"] == "message":
                said.append((message["channel"].decode().split(":")[1], message["data"].decode()))
    assert [e.id.sample for e in await speaker.events()] == [1600, 3200, 4800, 6400]
    assert said == [
        ("tone", '{"sample": 1600}'),
        ("stored", "1600-1"),
        ("stored", "3200-1"),
        ("tone", '{"sample": 4800}'),
        ("stored", "4800-1"),
        ("facts", '{"sample": 6400}'),
        ("stored", "6400-1"),
    ]


async def test_each_session_gets_its_own_events_beside_an_erased_one(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    other = Speaker(redis, PARTITION)
    await other.start()
    progress = [
        Progress(session_id, samples[-1], b"state", [event(sample) for sample in samples], ended=False)
        for session_id, samples in (
            (speaker.session_id, [1600, 3200]),
            (new_session_id(PARTITION), [4800, 6400, 8000]),
            (other.session_id, [9600]),
        )
    ]
    await commit(redis, lease, "1-0", progress, settings)
    assert [e.id.sample for e in await speaker.events()] == [1600, 3200]
    assert [e.id.sample for e in await other.events()] == [9600]


async def test_an_erased_session_is_written_nothing(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    other = Speaker(redis, PARTITION)
    await other.start()
    await redis.delete(speaker.record_key)
    both = [Progress(s.session_id, 5, b"state", [event(5)], False) for s in (speaker, other)]
    received = await commit(redis, lease, "1-0", both, settings)
    assert received == {speaker.session_id: None, other.session_id: 0}
    assert await redis.keys(f"*{speaker.session_id}*") == []
    assert await other.events() == [event(5)]


async def test_the_durable_stream_is_bounded_and_says_what_was_cut(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    few = settings.model_copy(update={"events_max": 100})
    events = [event(sample) for sample in range(1, 131)]
    await commit(redis, lease, "1-0", [Progress(speaker.session_id, 1, b"s", events, False)], few)
    assert [e.id.sample for e in await speaker.events()] == list(range(31, 131))
    assert await redis.hget(speaker.record_key, "events_after") == b"30-1"  # type: ignore[misc]


async def test_the_end_lets_everything_expire_after_the_retention(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    short = settings.model_copy(update={"retention": 0.0})
    progress = Progress(speaker.session_id, 1, b"", [event(1, "session-ended")], ended=True)
    async with redis.pubsub() as listening:
        await listening.subscribe(keys.SESSIONS_CHANNEL)
        await commit(redis, lease, "1-0", [progress], short)
        while (message := await listening.get_message(timeout=2)) is not None and message["type"] != "message":
            pass
    assert message is not None
    said = json.loads(message["data"])
    assert (said["type"], said["session_id"]) == ("ended", speaker.session_id)
    ttls = {key: await redis.ttl(key) for key in await redis.keys(f"*{speaker.session_id}*")}
    assert ttls
    assert all(0 < ttl <= 60 for ttl in ttls.values()), ttls
    assert await redis.zscore(keys.presence(PARTITION), speaker.session_id) is None


async def test_a_pinned_session_is_kept(redis: Redis, lease: Lease, speaker: Speaker, settings: Settings) -> None:
    await redis.hset(speaker.record_key, "pinned", "1")  # type: ignore[misc]
    running = Progress(speaker.session_id, 1, b"s", [event(1)], ended=False)
    ended = Progress(speaker.session_id, 2, b"", [event(2, "session-ended")], ended=True)
    for progress in (running, ended):
        await commit(redis, lease, "1-0", [progress], settings.model_copy(update={"retention": 0.0}))
        assert await redis.ttl(speaker.events_key) == -1
    assert await redis.ttl(speaker.record_key) == -1
    assert not await redis.exists(keys.checkpoint(PARTITION, speaker.session_id)), "nothing goes on from it"


async def test_events_live_as_long_as_their_session(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    progress = Progress(speaker.session_id, 1600, b"state", [event(1600)], ended=False)
    await commit(redis, lease, "1-0", [progress], settings)
    assert settings.running_expiry - 60 < await redis.ttl(speaker.events_key) <= settings.running_expiry
    assert 0 < await redis.ttl(keys.checkpoint(PARTITION, speaker.session_id)) <= settings.running_expiry
    await redis.hset(speaker.record_key, "pinned", "1")  # type: ignore[misc]
    await redis.persist(speaker.events_key)
    await commit(redis, lease, "1-0", [Progress(speaker.session_id, 3200, b"state", [event(3200)], False)], settings)
    assert await redis.ttl(speaker.events_key) == -1, "a pinned session's events never expire"


@pytest.mark.parametrize("broken", ["key", "id"])
async def test_an_event_that_cannot_be_stored_is_an_error(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings, broken: str
) -> None:
    if broken == "key":
        await redis.set(speaker.events_key, "no stream")
    events = [StoredEvent(EventId(0, 0), "tone-event", "{}") if broken == "id" else event(1600)]
    with pytest.raises(ResponseError):
        await commit(redis, lease, "1-0", [Progress(speaker.session_id, 1600, b"state", events, False)], settings)
    assert await redis.hget(speaker.record_key, "classified") != b"1600"  # type: ignore[misc]
    assert not await redis.exists(keys.checkpoint(PARTITION, speaker.session_id))


async def test_the_next_holder_learns_how_the_last_one_ended(redis: Redis, lease: Lease) -> None:
    await write_note(redis, lease, Note(["1-1"]))
    await redis.delete(keys.lease(PARTITION))  # it died
    second = await acquire(redis, PARTITION, 2, "second", 60)
    assert second is not None
    assert not second.inherited.orderly
    assert Note.from_bytes(second.inherited.hearing).chunks == ["1-1"]
    await second.release(redis)
    third = await acquire(redis, PARTITION, 3, "third", 60)
    assert third is not None
    assert third.inherited.orderly


async def test_only_the_holder_notes_what_it_hears(redis: Redis, lease: Lease) -> None:
    await write_note(redis, lease, Note(["1-1"]))
    await redis.delete(keys.lease(PARTITION))
    other = await acquire(redis, PARTITION, 2, "other", 60)
    assert other is not None
    await write_note(redis, other, Note(["2-1"]))
    with pytest.raises(LeaseLostError):
        await write_note(redis, lease, Note(["3-1"]))
    assert Note.from_bytes(await redis.get(keys.hearing(PARTITION))).chunks == ["2-1"]


async def test_a_holder_whose_writes_redis_has_lost_writes_nothing_on_top(
    redis: Redis, lease: Lease, speaker: Speaker, settings: Settings
) -> None:
    def progress(sample: int) -> list[Progress]:
        return [Progress(speaker.session_id, sample, b"state", [event(sample)], ended=False)]

    await commit(redis, lease, "1-0", progress(1600), settings)
    as_it_was = {key: await redis.dump(key) for key in await redis.keys("*")}
    await write_note(redis, lease, Note(["1-1"]))
    await commit(redis, lease, "1-0", progress(3200), settings)
    await redis.flushall()  # a power cut takes the newest writes with it
    for key, value in as_it_was.items():
        await redis.restore(key, 0, value)
    with pytest.raises(RewoundError):
        await commit(redis, lease, "1-0", progress(4800), settings)
    with pytest.raises(RewoundError):
        await write_note(redis, lease, Note(["2-1"]))
    assert [e.id.sample for e in await speaker.events()] == [1600]
