"""What a person does with the page, in a real browser, against real processes."""

import itertools
import json
import re
import time
from collections.abc import Callable
from typing import Any, TypedDict

import pytest
from playwright.sync_api import Browser, Page, expect

from shared.stored_event import EventKind
from shared.tone_event import AFFECTS, ToneEvent
from tests.e2e.conftest import SAMPLE, OpenPage
from tests.e2e.stack import Stack

CONFIDENCE = re.compile(r"^\s*(sure|fairly sure|unclear)\s*$")
ENDING = 60_000


class StoredEntry(TypedDict):
    """One event of an export."""

    id: str
    event: EventKind
    data: dict[str, Any]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def erase(page: Page) -> None:
    """Asked once, answered by keyboard; afterwards it goes on at Start."""
    press(page, "Erase from the server")
    expect(page.get_by_role("group", name="This cannot be undone")).to_be_visible()
    expect(page.get_by_role("button", name="Do not erase")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This session is erased from the server.")).to_be_visible()
    expect(page.get_by_role("button", name="Start listening")).to_be_focused()


def wait_until(condition: Callable[[], bool], page: Page, seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        page.wait_for_timeout(100)  # not time.sleep: the browser's events are handled meanwhile


def export(page: Page) -> list[StoredEntry]:
    """The session's events, as the page's own link downloads them."""
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    entries: list[StoredEntry] = json.loads(download.value.path().read_text())["events"]
    return entries


def tones(entries: list[StoredEntry]) -> list[ToneEvent]:
    return [ToneEvent.model_validate(entry["data"]) for entry in entries if entry["event"] == "tone-event"]


def everything_until_stop(page: Page) -> list[ToneEvent]:
    """Stops, and gives every reading; none is missing, none stands twice, and no sound was lost."""
    press(page, "Stop")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    entries = export(page)
    assert "audio-gap" not in [entry["event"] for entry in entries], "sound was lost"
    readings = tones(entries)
    assert [reading.seq for reading in readings] == list(range(1, len(readings) + 1))
    return readings


def test_the_microphone_is_read(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    expect(page.get_by_test_id("status")).to_have_text("Ready")
    press(page, "Start listening")

    expect(page.get_by_test_id("now-label")).to_be_visible()
    expect(page.get_by_test_id("mock")).to_contain_text("made up")  # the mock must not pass for the real thing
    expect(page.get_by_test_id("now-confidence")).to_have_text(CONFIDENCE)
    assert page.get_by_test_id("now-affect").inner_text().strip() in AFFECTS
    history = page.get_by_test_id("history").get_by_role("listitem")
    expect(history.first).to_be_visible()
    wait_until(lambda: history.count() >= 3, page)

    press(page, "Stop")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    assert len(tones(export(page))) >= 3


@pytest.mark.parametrize("way", ["button", "file"])
def test_a_recording_is_read_to_its_end(browser: Browser, stack: Stack, open_page: OpenPage, way: str) -> None:
    page = open_page(browser, stack)
    if way == "button":
        press(page, "Try the sample")
    else:
        with page.expect_file_chooser() as chooser:
            press(page, "Play a recording …")
        chooser.value.set_files(SAMPLE)
    press(page, "Mute the recording")
    expect(page.get_by_test_id("now-label")).to_be_visible()

    # It stops by itself, about 23 s after it began.
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    expect(page.get_by_test_id("history").get_by_role("listitem")).to_have_count(8)
    last = max(event.timestamp for event in tones(export(page)))
    assert last > 15, "the recording's end was not read"


def test_a_damaged_recording_is_told_in_words(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    with page.expect_file_chooser() as chooser:
        press(page, "Play a recording …")
    chooser.value.set_files({"name": "broken.mp3", "mimeType": "audio/mpeg", "buffer": b"no sound at all" * 100})
    expect(page.get_by_role("alert")).to_contain_text("could not be read as sound")
    expect(page.get_by_role("button", name="Start listening")).to_be_enabled()


def test_a_denied_microphone_is_told_in_words(shy_browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(shy_browser, stack)
    press(page, "Start listening")
    expect(page.get_by_role("alert")).to_contain_text("The microphone is not allowed for this page")
    press(page, "Try the sample")  # still works
    expect(page.get_by_test_id("now-label")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_empty()


def test_nothing_is_lost_while_the_gateway_is_away(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    press(page, "Start listening")
    expect(page.get_by_test_id("now-label")).to_be_visible()

    stack.kill("gateway")
    expect(page.get_by_test_id("status")).to_have_text("Reconnecting – nothing lost so far")
    page.wait_for_timeout(4000)
    stack.start("gateway")
    expect(page.get_by_test_id("status")).not_to_contain_text("Reconnecting", timeout=30_000)
    page.wait_for_timeout(3000)
    assert everything_until_stop(page)


def overhear(page: Page) -> Callable[[], list[str]]:
    """What the status line and the alert say from now on, each change once."""
    page.evaluate(
        """() => { window.said = []; for (const region of document.querySelectorAll('[role=status], [role=alert]'))
        new MutationObserver(() => window.said.push(region.textContent.trim()))
            .observe(region, { subtree: true, childList: true, characterData: true }) }"""
    )
    return lambda: [text for text in page.evaluate("window.said") if text]


def test_nothing_is_lost_while_the_network_is_away(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    press(page, "Start listening")
    expect(page.get_by_test_id("now-label")).to_be_visible()
    said = overhear(page)
    page.context.set_offline(True)
    expect(page.get_by_test_id("status")).to_have_text("Offline – nothing lost so far")
    expect(page.get_by_role("alert")).to_contain_text("This device is offline")
    page.wait_for_timeout(2000)
    page.context.set_offline(False)
    expect(page.get_by_test_id("status")).not_to_have_text(re.compile("Offline|Reconnecting"), timeout=30_000)
    expect(page.get_by_role("alert")).to_be_empty()
    page.wait_for_timeout(3000)
    heard = said()
    assert [text for text in heard if "nothing read" in text.lower() or "nothing is reading" in text] == []
    assert len([text for text in heard if "This device is offline" in text]) == 1, heard
    assert max(event.timestamp for event in everything_until_stop(page)) > 8, "what was said meanwhile is missing"


def test_what_is_said_before_a_stop_offline_is_sent_afterwards(
    browser: Browser, stack: Stack, open_page: OpenPage
) -> None:
    page = open_page(browser, stack)
    press(page, "Start listening")
    expect(page.get_by_test_id("now-label")).to_be_visible()
    page.context.set_offline(True)
    page.wait_for_timeout(5000)
    press(page, "Stop")
    expect(page.get_by_test_id("status")).to_contain_text("of sound still to be sent")
    expect(page.get_by_test_id("unsent")).to_contain_text("Leave the page open")
    page.context.set_offline(False)
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    entries = export(page)
    assert "audio-gap" not in [entry["event"] for entry in entries]
    assert entries[-1]["data"]["timestamp"] > 7, "what was said offline is missing"
    expect(page.get_by_text("may not have reached")).to_have_count(0)


def test_the_page_says_that_it_is_offline(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="Linnet is offline")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("link", name="try again").click()
    expect(page.get_by_role("button", name="Start listening")).to_be_visible()


def test_start_waits_for_a_server_that_is_away(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    stack.stop("gateway")
    try:
        page = open_page(browser, stack)
        press(page, "Start listening")
        expect(page.get_by_role("alert")).to_contain_text("The server does not answer at the moment")
    finally:
        stack.start("gateway")
    expect(page.get_by_test_id("now-label")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("alert")).to_be_empty()


def test_an_erased_session_is_gone(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    press(page, "Try the sample")
    expect(page.get_by_test_id("now-label")).to_be_visible()
    press(page, "Stop")
    link = page.get_by_role("link", name="JSON")
    expect(link).to_be_visible(timeout=ENDING)
    address = link.get_attribute("href")
    press(page, "Hold")
    erase(page)
    expect(page.get_by_test_id("now-label")).to_have_count(0)
    assert page.request.get(f"{stack.url.rstrip('/')}{address}").status == 404
    press(page, "Try the sample")
    expect(page.get_by_test_id("now-label")).to_be_visible()
    expect(page.get_by_role("button", name="Hold")).to_be_visible()  # what was held of the other session is not


def test_the_whole_session_can_be_travelled_and_corrected(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    press(page, "Try the sample")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    page.get_by_text("The whole session").first.click()
    timeline = page.get_by_role("slider", name="Timeline")
    timeline.focus()
    page.keyboard.press("Home")
    expect(timeline).to_have_attribute("aria-valuetext", re.compile(r", at 0:0\d"))
    first = timeline.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    expect(timeline).not_to_have_attribute("aria-valuetext", first or "")
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="Farther")).to_be_enabled()
    drawn = """() => { const c = document.querySelector('[data-testid=lanes] canvas');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; return d.some(v => v > 0) }"""
    assert page.evaluate(drawn), "the timeline is empty"

    page.get_by_text("It was not that").click()
    page.get_by_label("What it was instead").select_option("calm")
    press(page, "Keep the correction")
    expect(page.get_by_test_id("corrected")).to_have_text("Corrected to: calm")
    press(page, "Table")
    chosen = page.get_by_role("row").filter(has=page.get_by_role("button", pressed=True))
    expect(chosen.get_by_role("cell").last).to_have_text("calm")
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    kept = json.loads(download.value.path().read_text())["events"]
    assert [entry["correction"]["affect"] for entry in kept if "correction" in entry] == ["calm"]


def rows(page: Page) -> int:
    """How many readings the table's first page shows."""
    page.get_by_test_id("whole").locator("summary").first.click()
    press(page, "Table")
    found = page.get_by_role("row").filter(has=page.get_by_role("cell"))
    expect(found.first).to_be_visible()
    return found.count()


def test_a_session_goes_on_after_a_reload(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    press(page, "Start listening")
    expect(page.get_by_test_id("now-label")).to_be_visible()
    # A tab that is opened from this one knows its session, as a duplicated one does.
    with page.expect_popup() as popup:
        page.evaluate("window.open(location.href)")
    other = popup.value
    expect(other.get_by_test_id("resume")).to_contain_text("open in another tab")
    expect(other.get_by_test_id("now-label")).to_be_visible()
    other.close()

    page.reload()
    expect(page.get_by_test_id("resume")).to_contain_text("still open")
    strip = page.get_by_test_id("history").get_by_role("listitem")
    expect(strip.first).to_be_visible()
    press(page, "Go on listening")
    expect(page.get_by_test_id("status")).not_to_have_text(re.compile("Ready|Starting"))
    page.wait_for_timeout(4000)
    readings = everything_until_stop(page)
    assert max(event.timestamp for event in readings) > 5, "the sound did not go on"
    assert rows(page) == min(25, len(readings)), "the page does not show what the server has"

    page.reload()
    expect(page.get_by_test_id("after")).to_contain_text("Earlier session")
    assert rows(page) == min(25, len(readings)), "a session that is over cannot be looked at"


def test_a_session_cut_off_by_a_reload_can_be_ended_and_erased(
    browser: Browser, stack: Stack, open_page: OpenPage
) -> None:
    page = open_page(browser, stack)
    press(page, "Try the sample")
    expect(page.get_by_test_id("now-label")).to_be_visible()
    page.reload()
    page.get_by_test_id("resume").get_by_role("button", name="End it").click()
    expect(page.get_by_test_id("resume")).to_have_count(0)
    expect(page.get_by_role("button", name="Start listening")).to_be_focused()
    assert tones(export(page))
    erase(page)
    page.reload()
    expect(page.get_by_role("button", name="Start listening")).to_be_visible()
    expect(page.get_by_test_id("after")).to_have_count(0)


def test_a_recording_can_be_dropped_and_played_from_another_place(
    browser: Browser, stack: Stack, open_page: OpenPage
) -> None:
    page = open_page(browser, stack)
    data = page.evaluate_handle(
        """async () => { const d = new DataTransfer(); const r = await fetch('/sample.flac');
        d.items.add(new File([await r.blob()], 'call.flac', { type: 'audio/flac' })); return d }"""
    )
    for kind in ("dragenter", "dragover"):
        page.dispatch_event("body", kind, {"dataTransfer": data})
    expect(page.get_by_test_id("drop")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": data})
    expect(page.get_by_text("Playing call.flac")).to_be_visible()
    place = page.get_by_role("slider", name="Place in the recording")
    place.focus()
    page.keyboard.press("End")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    assert all(event.timestamp < 15 for event in tones(export(page))), "what was skipped was read"


def test_the_keyboard_is_enough(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Settings")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Start listening")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    expect(page.get_by_role("button", name="Start listening")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_it_fits_the_screen(browser: Browser, stack: Stack, open_page: OpenPage, width: int) -> None:
    page = open_page(browser, stack, viewport={"width": width, "height": 800})
    press(page, "Try the sample")
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    before = stop.bounding_box()
    expect(page.get_by_test_id("now-label")).to_be_visible()
    assert stop.bounding_box() == before, "the first reading moved the controls"
    assert page.evaluate("document.documentElement.scrollWidth") == width
    small = """() => [...document.querySelectorAll('button, a, input, select, summary, label')]
        .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
        .filter(([, box]) => box.width > 0 && (box.height < 20 || box.width < 20)).map(([html]) => html)"""
    assert page.evaluate(small) == []


SCREENS = ((320, 568), (360, 640), (390, 844), (1440, 900))


def fits(page: Page) -> None:
    """The one main control is on each screen without scrolling, with text twice as large too; nothing sticks out."""
    control = page.locator("[data-compose] button").first
    for (width, height), text in itertools.product(SCREENS, ("100%", "200%")):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("text => { document.documentElement.style.fontSize = text; scrollTo(0, 0) }", text)
        page.wait_for_timeout(100)
        where = f"{width}×{height}, text {text}"
        box = control.bounding_box()
        assert box and box["y"] + box["height"] <= height, where
        assert page.evaluate("document.documentElement.scrollWidth") <= width, where
        outside = """() => [...document.querySelectorAll('main button, main li, main span')]
            .filter(e => e.checkVisibility() && !e.closest('.sr-only'))
            .filter(e => e.getBoundingClientRect().right > innerWidth - 15).map(e => e.outerHTML.slice(0, 99))"""
        assert page.evaluate(outside) == [], where


@pytest.mark.parametrize("language", ["en", "de"])
def test_large_text_and_long_names_fit_small_screens(
    browser: Browser, stack: Stack, open_page: OpenPage, language: str
) -> None:
    page = open_page(browser, stack, reduced_motion="reduce")
    page.evaluate("l => localStorage.setItem('linnet-settings', JSON.stringify({ language: l }))", language)
    page.reload()
    fits(page)
    page.locator("[data-compose] button").nth(1).click()
    label = page.get_by_test_id("now-label")
    expect(label).to_be_visible()
    page.locator("[aria-haspopup=dialog]").click()
    page.locator("dialog input[type=text]").first.fill("W" * 40)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("history")).to_contain_text("W" * 40)
    fits(page)
    sizes = """() => ['now-label', 'now-subtext'].map(id =>
        parseFloat(getComputedStyle(document.querySelector(`[data-testid=${id}]`)).fontSize))"""
    large = page.evaluate(sizes)
    page.evaluate("document.documentElement.style.fontSize = '100%'")
    assert large == [2 * size for size in page.evaluate(sizes)]
    assert large[0] > large[1]


def test_a_reading_can_be_held(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    press(page, "Start listening")
    expect(page.get_by_test_id("now-label")).to_be_visible()
    press(page, "Hold")
    held = page.get_by_test_id("now-when").inner_text().split()[-1]
    expect(page.get_by_text("Newer readings wait")).to_be_visible(timeout=30_000)
    assert page.get_by_test_id("now-when").inner_text() == f"Earlier, at {held}"
    press(page, "Go on")
    expect(page.get_by_test_id("now-when")).not_to_contain_text(held)


def test_settings_count_at_once_and_are_kept(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    press(page, "Settings")
    page.get_by_label("Colours of the page").select_option("High contrast, dark")
    page.get_by_label("Size of the text").select_option("200 %")
    page.get_by_label("Language").select_option("Deutsch")
    expect(page.get_by_role("heading", name="Einstellungen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Einstellungen")).to_be_focused()
    page.reload()
    expect(page.get_by_role("button", name="Zuhören")).to_be_visible()
    root = "getComputedStyle(document.documentElement)"
    assert page.evaluate(f"[document.documentElement.lang, {root}.fontSize, {root}.colorScheme]") == [
        "de",
        "32px",
        "dark",
    ]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(0, 0, 0)"


def test_nothing_moves_for_those_who_asked_for_it(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack, reduced_motion="reduce")
    press(page, "Try the sample")
    expect(page.get_by_test_id("now-label")).to_be_visible()
    moving = """() => [...document.querySelectorAll('*')].map(e => getComputedStyle(e))
        .filter(s => s.animationName !== 'none' || /[1-9]/.test(s.transitionDuration)).length"""
    assert page.evaluate(moving) == 0
