"""Measure the page: bytes before it can be used, time to the first label, CPU work and memory over a long session.

./manage.sh python -m bench.page [--events 10000]

Time to the first label counts from the press of the button, in Chromium, through page, gateway, Redis and worker, once
with the mock and once with the real model; the first window needs three seconds of speech. For work and memory, the
events of more than an hour are written to the session's durable stream as a worker would, hundreds per second, and the
page processes them all: with the whole session collapsed, with its timeline, and with all curves. Drawing that happens
at most once per second shows in the time of a talk at normal pace rather than in that of an event.
"""

import argparse
import gzip
import itertools
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect, sync_playwright
from redis import Redis

from shared import keys
from shared.contract.event_id import EventId
from shared.contract.session import partition_of
from shared.contract.tone_event import Affect, ToneEvent
from testkit.browser import QUIET, build_page, find_chromium
from testkit.stack import FRONTEND, Stack

LIMIT_KB: Final = 66.0
"""JavaScript of the first load, gzip, without the chart."""
FIRST_SAMPLE: Final = 1_000_000_000
"""Above any sample number of the worker's own events in the meantime."""
AT_ONCE: Final = 50
LOOKS: Final = (0, 0.1, 0.5, 1.0)
"""Shares of the events after which memory is measured; the second last is half."""
PART: Final = 1_000
"""Number of events with which each view is measured."""
PACED: Final = 10
"""Seconds of a talk with which each view is measured."""
MOST_READINGS: Final = 20_000
"""As in frontend/src/stores/readings.ts, which then drops a thousand at a time."""
_FLAGS: Final = (
    ("louder",),
    ("louder", "faster"),
    ("quieter", "slower"),
    ("flat_pitch",),
    ("long_pause", "rising_pitch"),
)
_AFFECTS: Final[tuple[Affect, ...]] = ("neutral", "warm", "sad", "frustrated", "anxious")


def sizes() -> None:
    """Return the gzip sizes of the files that the browser loads."""
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
    """Open the page in a browser, in the foreground."""
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


def event(session_id: str, number: int, label: str = "") -> tuple[EventId, ToneEvent]:
    """Return one second of a long talk between two people, worded as a worker would unless `label` is given."""
    affect = _AFFECTS[number // 7 % len(_AFFECTS)]
    flags = _FLAGS[number // 5 % len(_FLAGS)]
    at = FIRST_SAMPLE + 16_000 * number
    scores: dict[Affect, float] = dict.fromkeys(_AFFECTS, 0.05) | {affect: 0.8}
    tone = ToneEvent(
        session_id=session_id, timestamp=at / 16_000, label=label or f"{affect.title()}-sounding", confidence=0.8,
        affect=affect, subtext=f"Sounds {affect} ({', '.join(flags)}); people often sound like this when {affect}.",
        speaker_id=f"speaker_{'ab'[number // 20 % 2]}", shift_magnitude=number % 50 / 50, shift_direction="stable",
        prosody_flags=list(flags), scores=scores, arousal=number % 190 / 100 - 0.95, valence=0.9 - number % 170 / 100,
        pitch_hz=110.0 + number % 130, loudness_db=-38.0 + number % 25,
    )  # fmt: skip
    return EventId(at, 1), tone


def feed(redis: Redis, session_id: str, numbers: range) -> None:
    """Store events as a worker's commit does; the last one's label is its number, so that it can be recognised."""
    partition = partition_of(session_id)
    assert partition is not None
    for first in itertools.islice(numbers, 0, None, AT_ONCE):
        pipe = redis.pipeline()
        for number in range(first, min(first + AT_ONCE, numbers.stop)):
            event_id, tone = event(session_id, number, f"Label {number}" if number == numbers[-1] else "")
            fields = {"event": "tone-event", "data": tone.to_json()}
            pipe.xadd(keys.events(partition, session_id), fields, id=str(event_id))  # type: ignore[arg-type]
        pipe.publish(keys.stored_channel(session_id), str(event_id))
        pipe.execute()
        time.sleep(0.05)


class LongSession:
    """A page whose session gets events as fast as it processes them, and the cost of doing so."""

    def __init__(self, page: Page, redis: Redis) -> None:
        self.page = page
        self._redis = redis
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")
        page.get_by_role("button", name="Start listening").click()
        expect(page.get_by_test_id("now-label")).to_be_visible(timeout=60_000)
        self._id = str(page.evaluate("sessionStorage.getItem('linnet-session')"))
        self.fed = 0

    def metric(self, name: str) -> float:
        found = self._devtools.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in found if metric["name"] == name))

    def heap(self) -> float:
        """Return the page's own memory after garbage collection, MB."""
        self._devtools.send("HeapProfiler.collectGarbage")
        return self.metric("JSHeapUsedSize") / 1e6

    def hear(self, events: int) -> float:
        """Feed `events` more events; return the main thread's ms for each."""
        before = self.metric("TaskDuration")
        feed(self._redis, self._id, range(self.fed, self.fed + events))
        self.fed += events
        if events:
            label = self.page.get_by_test_id("now-label")
            expect(label).to_have_text(f"Label {self.fed - 1}", timeout=120_000)
            # Parts that are drawn once per second are still to come.
            self.page.wait_for_timeout(1_500)
        return (self.metric("TaskDuration") - before) * 1000 / max(1, events)

    def listen(self, seconds: int) -> float:
        """Feed a talk at normal pace, one event per second; return the main thread's ms for each second."""
        before = self.metric("TaskDuration")
        for _ in range(seconds):
            feed(self._redis, self._id, range(self.fed, self.fed + 1))
            self.fed += 1
            self.page.wait_for_timeout(950)
        return (self.metric("TaskDuration") - before) * 1000 / seconds


def fold(page: Page) -> None:
    page.get_by_test_id("whole").locator("summary").first.click()
    page.wait_for_timeout(500)


def all_curves(page: Page) -> None:
    for box in page.get_by_test_id("whole").get_by_role("checkbox").all():
        box.check()


VIEWS: Final[dict[str, Callable[[Page], None]]] = {
    "folded": lambda page: None,
    "timeline": fold,
    "four curves": all_curves,
    "table": lambda page: page.get_by_role("button", name="Table").click(),
    "folded again": fold,
}
"""The steps that show more and more of the session, and then less."""


def erase(page: Page) -> None:
    """End the session without waiting for a worker, whose own events are all older than the fed ones, and erase it."""
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name=re.compile("Cancel|Stop")).click()
    page.get_by_role("button", name="Erase from the server").click()
    expect(page.get_by_text("This session has been erased from the server.")).to_be_visible(timeout=60_000)


def long_session(events: int) -> None:
    with opened(mock=True) as (page, stack), Redis.from_url(stack.redis_url) as redis:
        session = LongSession(page, redis)
        print(f"{'events':>8} {'ms/event':>9} {'heap, MB':>9} {'nodes':>6}")
        heaps: list[float] = []
        for until in (int(share * events) for share in LOOKS):
            spent = session.hear(until - session.fed)
            heaps.append(session.heap())
            print(f"{until:>8} {spent:>9.2f} {heaps[-1]:>9.2f} {int(session.metric('Nodes')):>6}")
        grown = (heaps[-1] - heaps[-2]) * 1e6 / (events - int(LOOKS[-2] * events))
        print(f"second half: {heaps[-1] - heaps[-2]:.2f} MB, {grown:.0f} bytes for each reading that is kept")

        print(f"\nat {events} events  {'ms/event':>9} {'ms of each s of a talk':>23} {'heap, MB':>9}")
        for name, show in VIEWS.items():
            show(page)
            spent = session.hear(PART)
            paced = session.listen(PACED)
            print(f"{name:16} {spent:>11.2f} {paced:>23.1f} {session.heap():>9.2f}")

        print(f"\n{'events':>8} {'heap, MB':>9}   beyond the {MOST_READINGS} readings that the page keeps")
        for until in (MOST_READINGS + 500 + 2000 * step for step in range(3)):
            session.hear(until - session.fed)
            print(f"{until:>8} {session.heap():>9.2f}")
        erase(page)
        print(f"{'erased':>8} {session.heap():>9.2f}   without any reading")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000, help="events of the long session")
    arguments = parser.parse_args()
    build_page()
    sizes()
    first_label()
    long_session(arguments.events)
    return 0


if __name__ == "__main__":
    sys.exit(main())
