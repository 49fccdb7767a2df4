"""Settings changed under live sessions, process by process: no sample is lost, and nothing changes that need not."""

import asyncio
import re
from pathlib import Path
from typing import Final

import pytest

from shared.settings import setting_variables
from tests.chaos.callers.caller import Outcome
from tests.chaos.comparison import difference
from tests.chaos.run import Plan, Run, run
from tests.chaos.schedule import Disturbance
from tests.chaos.verdict import samples_lost, verdict

ROOT: Final = Path(__file__).resolve().parents[2]
HASH: Final = "0" * 64
PUBLIC_KEY: Final = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

Settings = dict[str, str]
SAME: Final[tuple[Settings, ...]] = (
    {
        "LINNET_REDIS_TIMEOUT": "4",
        "LINNET_REPLICAS": "1",
        "LINNET_GATEWAYS": "2",
        "LINNET_WORKERS": "3",
        "LINNET_PAGE_DIR": "nowhere",
        "LINNET_LOG_LEVEL": "info",
    },
    {
        "LINNET_PARTITIONS": "1",
        "LINNET_IDLE_TTL": "60",
        "LINNET_PRESENCE_INTERVAL": "5",
        "LINNET_RETENTION": "3600",
        "LINNET_VOICE_PROFILE_DAYS": "1",
        "LINNET_AUDIO_TTL": "300",
        "LINNET_REWRITE_DELAY": "5",
        "LINNET_BACKLOG_SECONDS": "10",
        "LINNET_PARTITION_BACKLOG_MB": "8",
        "LINNET_HOLD_SECONDS": "20",
        "LINNET_MAX_LOAD": "10",
        "LINNET_REQUEST_TIMEOUT": "20",
        "LINNET_EVENTS_MAX": "100",
        "LINNET_LICENSE_KEY": "CFG-LNNT-HOUSE",
        "LINNET_LICENSE_PUBLIC_KEY": PUBLIC_KEY,
        "LINNET_PINNED_SESSIONS": "5",
    },
    {
        "LINNET_ALLOWED_ORIGINS": "https://example.org",
        "LINNET_API_KEYS": f"house:{HASH}",
        "LINNET_API_KEYS_FILE": "KEYS",
        "LINNET_TRUSTED_PROXIES": "192.0.2.1",
        "LINNET_UNLIMITED_CLIENTS": "192.0.2.0/24",
        "LINNET_REQUESTS_PER_MINUTE": "2000",
        "LINNET_STARTS_PER_MINUTE": "1",
        "LINNET_PINS_PER_MINUTE": "1",
        "LINNET_SOCKETS_PER_CLIENT": "50",
        "LINNET_STREAMS_PER_CLIENT": "100",
        "LINNET_STREAMS_PER_SESSION": "20",
        "LINNET_CORRECTIONS_PER_MINUTE": "1",
        "LINNET_FRAMES_PER_SECOND": "100",
    },
    {
        "LINNET_HEARTBEAT_INTERVAL": "5",
        "LINNET_REREAD_INTERVAL": "1",
        "LINNET_LISTENER_QUEUE": "64",
        "LINNET_LEASE_TTL": "5",
        "LINNET_STEP_LIMIT": "90",
        "LINNET_MAX_BATCH": "4",
        "LINNET_WINDOW_SECONDS": "4",
        "LINNET_HOP_SECONDS": "2",
    },
)
"""Changed one group after the other: histories stay what they are without any change, byte for byte."""
OTHER: Final[tuple[Settings, ...]] = (
    {
        "LINNET_RELIABILITY_FLOOR": "0.5",
        "CF_VOICE_MOCK": "0",
        "LINNET_DEVICE": "cpu",
        "LINNET_TONE_MODEL": "research",
        "LINNET_INFERENCE_THREADS": "2",
        "LINNET_WORDS": "tiny.en",
    },
    {"LINNET_CLASSIFIER": "facts"},
)
"""Changed one group after the other: what is said is another matter from then on, and every sample of it is heard."""
PLACES: Final = re.compile(r"change them while no session is running:(.*?)\n\n", re.DOTALL)

QUIET = Plan(
    seed=31, seconds=22.0, sessions=4, workers=2, gateways=2, partitions=4, waits=True, pins=False, replica=True
)


def changes(groups: tuple[Settings, ...], folder: Path) -> list[Disturbance]:
    """Gateways first or workers first, in turn. KEYS is a file of API keys."""
    file = folder / "keys"
    file.write_text(f"garden:{HASH}\n")
    named = [{name: str(file) if value == "KEYS" else value for name, value in group.items()} for group in groups]
    gateways, workers = ("gateway-0", "gateway-1"), ("worker-0", "worker-1")
    return [
        Disturbance(
            3.0 + 3.0 * number,
            "settings",
            (*workers, *gateways) if number % 2 else (*gateways, *workers),
            settings=tuple(group.items()),
        )
        for number, group in enumerate(named)
    ]


def test_every_setting_is_changed_here_or_named_as_one_that_must_not_be() -> None:
    named = PLACES.search((ROOT / "docs" / "reference" / "settings.md").read_text())
    assert named is not None
    not_while_running = re.findall(r"`([A-Z_]+)`", named[1])
    changed = [name for group in (*SAME, *OTHER) for name in group]
    assert sorted([*changed, *not_while_running]) == sorted(setting_variables())


async def test_settings_change_and_no_byte_does(tmp_path: Path) -> None:
    undisturbed, changed = await asyncio.gather(run(QUIET, [], print), run(QUIET, changes(SAME, tmp_path), print))
    assert len(changed.happened) == len(SAME)
    found = verdict(undisturbed, changed)
    assert found.failures == []
    assert found.tracebacks == []
    assert found.events > 40
    assert found.clean


@pytest.mark.speech
async def test_what_is_said_changes_and_no_sample_is_lost(tmp_path: Path) -> None:
    plan = Plan(seed=32, seconds=45.0, sessions=2, workers=2, gateways=2, partitions=4, backend="speech", waits=True)
    found = await run(plan, changes(OTHER, tmp_path), print)
    assert_whole(found)
    assert len(found.happened) == len(OTHER)
    kinds = {entry.kind for outcome in found.outcomes for entry in outcome.durable}
    assert {"tone-event", "facts-event", "session-ended"} <= kinds


def assert_whole(found: Run) -> None:
    """Check that nothing acknowledged is lost, no audio is set aside, and all readers have the same."""
    assert found.failures == []
    assert found.tracebacks == []
    for outcome in found.outcomes:
        assert samples_lost(outcome) == 0
        assert outcome.steady_breaks == 0
        assert not difference(outcome.durable, outcome.streamed)
        assert not difference(outcome.durable, outcome.steady)
        assert told(outcome) <= {"model-changed", "listening-afresh"}


def told(outcome: Outcome) -> set[object]:
    """Return the codes of the service events that a session got."""
    return {entry.json()["code"] for entry in outcome.durable if entry.kind == "service-event"}
