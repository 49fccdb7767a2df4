"""Actions of a person on the page and their results, for tests in a real browser."""

import json
import re
import time
from collections.abc import Callable
from typing import Any, TypedDict

from playwright.sync_api import Page, expect

from shared.contract.stored_event import EventKind
from shared.contract.tone_event import ToneEvent

ENDING = 60_000
"""ms for the last readings to come after a stop."""
CONFIDENCE = re.compile(r"^\s*(sure|fairly sure|unclear)\s*$")


class StoredEntry(TypedDict):
    """One event of an export."""

    id: str
    event: EventKind
    data: dict[str, Any]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def listen(page: Page) -> None:
    """Listen with the microphone until the first reading appears."""
    press(page, "Start listening")
    expect(page.get_by_test_id("now-label")).to_be_visible()


def play_sample(page: Page) -> None:
    """Wait for the first reading."""
    press(page, "Try the sample")
    expect(page.get_by_test_id("now-label")).to_be_visible()


def erase(page: Page) -> None:
    """Answer the question once, by keyboard; focus then moves to Start."""
    press(page, "Erase from the server")
    expect(page.get_by_role("group", name="This cannot be undone")).to_be_visible()
    expect(page.get_by_role("button", name="Don’t erase")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This session has been erased from the server.")).to_be_visible()
    expect(page.get_by_role("button", name="Start listening")).to_be_focused()


def wait_until(condition: Callable[[], bool], page: Page, seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        page.wait_for_timeout(100)  # not time.sleep: the browser's events are handled meanwhile


def export(page: Page) -> list[StoredEntry]:
    """Return the session's events, downloaded by the page's own link."""
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    entries: list[StoredEntry] = json.loads(download.value.path().read_text())["events"]
    return entries


def tones(entries: list[StoredEntry]) -> list[ToneEvent]:
    return [ToneEvent.model_validate(entry["data"]) for entry in entries if entry["event"] == "tone-event"]


def everything_until_stop(page: Page) -> list[ToneEvent]:
    """Stop and return all readings, after checking that none is missing or doubled and no sound was lost."""
    press(page, "Stop")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    entries = export(page)
    assert "audio-gap" not in [entry["event"] for entry in entries], "sound was lost"
    readings = tones(entries)
    assert [reading.seq for reading in readings] == list(range(1, len(readings) + 1))
    return readings
