"""Everything that can happen to processes, Redis and the network, all in mid-speech: the result equals an
undisturbed run's.

The long runs are `./manage.sh chaos`. Times depend on the machine and are only printed.
"""

import asyncio
from dataclasses import replace

import pytest

from tests.chaos.run import Plan, run
from tests.chaos.schedule import KINDS, Disturbance, schedule
from tests.chaos.verdict import VIEWS, Verdict, verdict

MOCK = Plan(
    seed=20,
    seconds=60.0,
    sessions=8,
    workers=3,
    gateways=2,
    partitions=4,
    lease_ttl=1.5,
    pace=1.5,
    erased=1,
    words="base",
)
SPEECH = replace(
    MOCK,
    seed=21,
    seconds=15.0,
    sessions=2,
    workers=2,
    gateways=1,
    partitions=2,
    pace=1.0,
    erased=0,
    backend="speech",
    words="tiny.en",
)


async def both(plan: Plan, disturbances: list[Disturbance]) -> Verdict:
    """The two runs side by side, each with a fleet and a Redis of its own."""
    alone = replace(plan, workers=1, gateways=1)  # whoever classifies, and in whichever batches: no byte depends on it
    undisturbed, disturbed = await asyncio.gather(run(alone, [], print), run(plan, disturbances, print))
    return verdict(undisturbed, disturbed)


def assert_clean(found: Verdict, least: int) -> None:
    print(f"longest waits beyond the undisturbed run's: {found.beyond}")
    assert found.events > least, "too little to compare"
    assert found.transcripts > least / 10, "too few words to compare"
    assert found.failures == []
    assert found.samples_lost == 0
    assert found.unequal == []
    assert [view for view in VIEWS if getattr(found, view)] == []
    assert found.broken == 0
    assert found.remains == []
    assert found.clean


async def test_whatever_happens_loses_nothing_doubles_nothing_and_changes_no_byte() -> None:
    blows = schedule(20, 40.0, 2.6, workers=3, gateways=2, kinds=KINDS, lease_ttl=1.5)
    assert {blow.kind for blow in blows} == set(KINDS)
    found = await both(MOCK, blows)
    assert_clean(found, 200)
    assert found.erased > 2
    assert found.told > 0


@pytest.mark.speech
async def test_kills_change_no_byte_of_what_the_real_model_says() -> None:
    blows = schedule(21, 13.0, 6.0, workers=2, gateways=1, kinds=["kill", "term"], lease_ttl=1.5)
    assert_clean(await both(SPEECH, blows), 5)
