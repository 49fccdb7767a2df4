"""Leaves a store without its newest events."""

from tests.integration.worker_double import WorkerDouble, tone


async def as_after_a_power_cut(worker: WorkerDouble, kept: int, others: int = 0) -> None:
    """The first `kept` events are what the store has left, and `others` of other contents follow in their places."""
    entries = await worker.redis.xrange(worker.place.events)
    async with worker.redis.pipeline(transaction=True) as pipe:
        pipe.delete(worker.place.events)
        for entry_id, fields in entries[:kept]:
            pipe.xadd(worker.place.events, fields, id=entry_id)
        for second in range(kept + 1, kept + others + 1):
            data = tone(worker.session_id, float(second), affect="sad")
            pipe.xadd(worker.place.events, {"event": "tone-event", "data": data}, id=f"{second * 16000}-1")
        await pipe.execute()
