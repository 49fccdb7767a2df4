"""What the page costs: bytes before it can be used, time to the first label, memory over a long session.

./manage.sh python -m bench.page [--events 10000]

Time to the first label is from the press of the button, in Chromium, through page, gateway, Redis and worker, once with
the mock and once with the real model; the first window needs three seconds of speech. For memory the events of an hour
and more are put into the session's durable stream as a worker would, hundreds a second, and the page takes them all.
"""

import argparse
import gzip
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import CDPSession, Page, expect, sync_playwright
from redis import Redis

from shared import keys
from shared.session import partition_of
from shared.stored_event import EventId
from shared.tone_event import Affect, ToneEvent
from tests.e2e.conftest import QUIET, build_page, find_chromium
from tests.e2e.stack import FRONTEND, Stack

LIMIT_KB: Final = 120.0
"""JavaScript of the first load, gzip, without the chart."""
FIRST_SAMPLE: Final = 1_000_000_000
"""Beyond whatever the worker itself says of the session meanwhile."""
AT_ONCE: Final = 50
LOOKS: Final = (0, 0.1, 0.5, 1.0)
"""Shares of the events after which memory is looked at."""
_AFFECTS: Final[tuple[Affect, ...]] = ("neutral", "warm", "sad", "frustrated", "anxious")


def sizes() -> None:
    """gzip sizes of what the browser loads."""
    assets = FRONTEND / "dist" / "assets"
    loaded = (FRONTEND / "dist" / "index.html").read_text()
    scripts = {path.name: len(gzip.compress(path.read_bytes(), 9)) / 1024 for path in sorted(assets.glob("*.js"))}
    first = sum(size for name, size in scripts.items() if name in loaded)
    print(f"JavaScript before the page can be used: {first:.1f} kB gzip (limit {LIMIT_KB:.0f})")
    for name, size in scripts.items():
        if name not in loaded:
            print(f"  when asked for: {name.rsplit('-', 1)[0]:20} {size:6.1f} kB")


@contextmanager
def opened(*, mock: bool) -> Iterator[tuple[Page, Stack]]:
    """The page in a browser, in front of everything."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("Chromium is missing. Install it: apt-get install chromium")
    devices = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with (
        tempfile.TemporaryDirectory() as logs,
        Stack(Path(logs), mock=mock) as stack,
        sync_playwright() as running,
        running.chromium.launch(executable_path=chromium, args=[*QUIET, *devices]) as browser,
    ):
        page = browser.new_page()
        page.goto(stack.url)
        yield page, stack


def first_label() -> None:
    for mock in (True, False):
        with opened(mock=mock) as (page, _):
            page.get_by_role("button", name="Try the sample").click()
            began = time.perf_counter()
            expect(page.get_by_test_id("now-label")).to_be_visible(timeout=60_000)
            name = "mock" if mock else "real model"
            print(f"first label, {name}: {time.perf_counter() - began:.1f} s after the button was pressed")


def event(session_id: str, number: int) -> tuple[EventId, ToneEvent]:
    """One second of a long talk between two people."""
    affect = _AFFECTS[number // 7 % len(_AFFECTS)]
    at = FIRST_SAMPLE + 16_000 * number
    scores: dict[Affect, float] = dict.fromkeys(_AFFECTS, 0.05) | {affect: 0.8}
    tone = ToneEvent(
        session_id=session_id, timestamp=at / 16_000, label=f"Label {number}", confidence=0.8, affect=affect,
        subtext="Sounds like this; people often sound like this when they simply give information.",
        speaker_id=f"speaker_{'ab'[number // 20 % 2]}", shift_magnitude=0.2, shift_direction="stable",
        prosody_flags=["louder"], scores=scores, arousal=0.1, valence=-0.1, pitch_hz=180.0, loudness_db=-20.0,
    )  # fmt: skip
    return EventId(at, 1), tone


def feed(redis: Redis, session_id: str, numbers: range) -> None:
    """What a worker's commit does with events."""
    partition = partition_of(session_id)
    assert partition is not None
    for first in itertools.islice(numbers, 0, None, AT_ONCE):
        pipe = redis.pipeline()
        for number in range(first, min(first + AT_ONCE, numbers.stop)):
            event_id, tone = event(session_id, number)
            fields = {"event": "tone-event", "data": tone.to_json()}
            pipe.xadd(keys.events(partition, session_id), fields, id=str(event_id))  # type: ignore[arg-type]
        pipe.publish(keys.stored_channel(session_id), str(event_id))
        pipe.execute()
        time.sleep(0.05)


def heap(devtools: CDPSession) -> tuple[float, int]:
    """MB of the page's own memory after a collection, and nodes of its document."""
    devtools.send("HeapProfiler.collectGarbage")
    found = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
    return found["JSHeapUsedSize"] / 1e6, int(found["Nodes"])


def memory(events: int) -> None:
    with opened(mock=True) as (page, stack), Redis.from_url(stack.redis_url) as redis:
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        page.get_by_role("button", name="Start listening").click()
        expect(page.get_by_test_id("now-label")).to_be_visible(timeout=60_000)
        session_id = str(page.evaluate("sessionStorage.getItem('linnet-session')"))
        print(f"{'events':>8} {'heap, MB':>9} {'nodes':>6}")
        fed = 0
        for until in (int(share * events) for share in LOOKS):
            feed(redis, session_id, range(fed, until))
            fed = until
            if until:
                expect(page.get_by_test_id("now-label")).to_have_text(f"Label {until - 1}", timeout=60_000)
            used, nodes = heap(devtools)
            print(f"{until:>8} {used:>9.1f} {nodes:>6}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000, help="events of the long session")
    arguments = parser.parse_args()
    build_page()
    sizes()
    first_label()
    memory(arguments.events)
    return 0


if __name__ == "__main__":
    sys.exit(main())
