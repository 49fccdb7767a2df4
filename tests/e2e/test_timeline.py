"""A whole session of two voices with a gap, by keyboard, mouse and touch, on a real canvas."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from redis import Redis

from shared import keys
from shared.contract.session import partition_of
from shared.contract.tone_event import Affect, ToneEvent
from testkit.stack import Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.page_actions import press

READINGS = 600
GAP = (301.0, 331.0)
_AFFECTS: tuple[Affect, ...] = ("neutral", "warm", "sad", "frustrated")


def a_talk(stack: Stack) -> str:
    """The address at which a talk of ten minutes can be read: turns of 20 s, 30 s without sound in the middle."""
    session_id = httpx.post(f"{stack.url}session/start", json={}).json()["session_id"]
    partition = partition_of(session_id)
    assert partition is not None
    with Redis.from_url(stack.redis_url) as redis, redis.pipeline() as pipe:
        for number in range(1, READINGS + 1):
            at = number if number <= GAP[0] else number + GAP[1] - GAP[0]
            tone = ToneEvent(
                session_id=session_id, timestamp=at, label=f"Reading {number}", confidence=0.8,
                affect=_AFFECTS[number // 7 % 4], speaker_id=f"speaker_{'ab'[number // 20 % 2]}",
                shift_magnitude=0.0, shift_direction="stable", prosody_flags=[], arousal=0.5, valence=-0.25,
            )  # fmt: skip
            entry = {"event": "tone-event", "data": tone.to_json()}
            pipe.xadd(keys.events(partition, session_id), entry, id=f"{round(at * 16_000)}-1")
            if number == GAP[0]:
                gap = {"from": GAP[0], "to": GAP[1], "from_sample": 0, "to_sample": 0}
                entry = {"event": "audio-gap", "data": json.dumps(gap)}
                pipe.xadd(keys.events(partition, session_id), entry, id=f"{round(GAP[1] * 16_000)}-1")
        pipe.execute()
    link = httpx.post(f"{stack.url}session/{session_id}/link").json()["link_id"]
    return f"{stack.url}#listen={link}"


@pytest.fixture
def timeline(browser: Browser, stack: Stack, open_page: OpenPage) -> Iterator[Locator]:
    page = open_page(browser, stack, has_touch=True, viewport={"width": 1000, "height": 900})
    page.goto(a_talk(stack))
    expect(page.get_by_test_id("mock")).to_be_visible()  # a notice above, which may come late
    page.get_by_test_id("whole").locator("summary").first.click()
    slider = page.get_by_role("slider", name="Timeline")
    slider.scroll_into_view_if_needed()
    yield slider


def point(page: Page, at: float, lane: int) -> tuple[float, float]:
    """Return the position of a second of the whole session in its row, in CSS pixels."""
    box = page.get_by_test_id("lanes").bounding_box()
    name = page.get_by_test_id("lane-name").nth(lane).bounding_box()
    assert box is not None and name is not None
    return box["x"] + 8 + (box["width"] - 16) * at / 631, name["y"] + name["height"] + 15


def test_lanes_are_named_and_take_keys_mouse_and_fingers(timeline: Locator) -> None:
    page = timeline.page
    expect(page.get_by_test_id("lane-name")).to_have_text(["Speaker A", "Speaker B"])
    expect(page.get_by_role("list", name="Tones in this timeline")).to_contain_text("no sound")

    # A pixel is more than half a second here.
    page.mouse.click(*point(page, 114, 1))
    expect(timeline).to_have_attribute("aria-valuetext", re.compile(r"Speaker B, Reading 11[345], at 1:5[345]"))
    expect(timeline).to_be_focused()
    page.touchscreen.tap(*point(page, 114, 0))
    expect(timeline).to_have_attribute("aria-valuetext", "Speaker A, Reading 120, at 2:00")
    page.keyboard.press("ArrowLeft")
    expect(timeline).to_have_attribute("aria-valuetext", "Speaker B, Reading 119, at 1:59")

    # Dragging over a part shows it closer, and chooses nothing.
    page.mouse.move(*point(page, 200, 0))
    page.mouse.down()
    page.mouse.move(*point(page, 240, 0), steps=4)
    page.mouse.up()
    expect(timeline).to_have_attribute("aria-valuetext", "Speaker B, Reading 119, at 1:59")
    earlier, later = (page.get_by_role("button", name=name, exact=True) for name in ("Earlier", "Later"))
    for _ in range(20):
        page.keyboard.press("Shift+ArrowLeft")
    expect(earlier).to_be_disabled()
    later.tap()
    expect(earlier).to_be_enabled()
    press(page, "Zoom in")
    press(page, "Zoom out")
    timeline.press("0")
    expect(later).to_have_count(0)


def test_a_gap_is_drawn_and_said_and_folding_ends_the_drawing(timeline: Locator) -> None:
    page = timeline.page
    drawn = """([x, y]) => {
        const c = document.querySelector('[data-testid=lanes] canvas')
        const r = c.getBoundingClientRect(), by = devicePixelRatio
        const d = c.getContext('2d').getImageData((x - r.x) * by, (y - r.y) * by, 24, 24).data
        return new Set(new Uint32Array(d.buffer)).size }"""
    before, beside = point(page, 312, 0), point(page, 305, 1)
    assert page.evaluate(drawn, before) > 1, "nothing is hatched where there was no sound"
    assert page.evaluate(drawn, beside) > 1, "the gap belongs to every voice"

    press(page, "Table")
    for _ in range(11):
        press(page, "Older")
    gap = page.get_by_test_id("gap-row")
    expect(gap).to_have_text("5:01no sound for 30 s")
    row = page.get_by_role("row").filter(has=page.get_by_text("Reading 302"))
    expect(row.get_by_role("cell")).to_contain_text(
        ["5:32", "Speaker B", "Reading 302", "fairly sure", "", "0.50", "−0.25"]
    )
    page.get_by_test_id("whole").locator("summary").first.click()
    expect(page.get_by_test_id("whole").locator("table, canvas")).to_have_count(0)
