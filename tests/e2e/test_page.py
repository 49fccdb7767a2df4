"""What people do with the page, in a real browser with real processes."""

import json
import re

from playwright.sync_api import Browser, expect

from shared.contract.tone_event import AFFECTS
from testkit.stack import Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.page_actions import (
    CONFIDENCE,
    ENDING,
    erase,
    export,
    listen,
    play_sample,
    press,
    tones,
    wait_until,
)


def test_the_microphone_is_read(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    expect(page.get_by_test_id("status")).to_have_text("Ready")
    press(page, "Start listening")

    expect(page.get_by_test_id("now-label")).to_be_visible()
    expect(page.get_by_test_id("mock")).to_contain_text("invented")  # the mock must not pass for the real thing
    expect(page.get_by_test_id("now-confidence")).to_have_text(CONFIDENCE)
    assert page.get_by_test_id("now-affect").inner_text().strip() in AFFECTS
    history = page.get_by_test_id("history").get_by_role("listitem")
    expect(history.first).to_be_visible()
    wait_until(lambda: history.count() >= 3, page)

    press(page, "Stop")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    assert len(tones(export(page))) >= 3


def test_measured_facts_only_names_no_tone(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    page.get_by_label("Measured facts only").check()
    press(page, "Try the sample")
    expect(page.get_by_test_id("facts-text")).to_be_visible()
    panel = page.get_by_test_id("facts-panel")
    expect(panel).to_contain_text("No tone is guessed")
    assert not [affect for affect in AFFECTS if affect in panel.inner_text()]
    expect(page.get_by_test_id("now-label")).to_have_count(0)

    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    entries = export(page)
    assert {entry["event"] for entry in entries} == {"facts-event", "session-ended"}
    page.get_by_text("The whole session").first.click()
    expect(page.get_by_test_id("facts-table")).to_be_visible()
    page.reload()
    page.get_by_text("The whole session").first.click()
    expect(page.get_by_test_id("facts-table")).to_be_visible()


def test_a_denied_microphone_is_told_in_words(shy_browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(shy_browser, stack)
    press(page, "Start listening")
    expect(page.get_by_role("alert")).to_contain_text("This page is not allowed to use the microphone")
    press(page, "Try the sample")  # still works
    expect(page.get_by_test_id("now-label")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_empty()


def test_an_erased_session_is_gone(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    play_sample(page)
    press(page, "Stop")
    link = page.get_by_role("link", name="JSON")
    expect(link).to_be_visible(timeout=ENDING)
    address = link.get_attribute("href")
    press(page, "Hold")
    erase(page)
    expect(page.get_by_test_id("now-label")).to_have_count(0)
    assert page.request.get(f"{stack.url.rstrip('/')}{address}").status == 404
    play_sample(page)
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
    expect(page.get_by_role("button", name="Zoom out")).to_be_enabled()
    drawn = """() => { const c = document.querySelector('[data-testid=lanes] canvas');
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; return d.some(v => v > 0) }"""
    assert page.evaluate(drawn), "the timeline is empty"

    page.get_by_text("That’s not right").click()
    page.get_by_label("What it was instead").select_option("calm")
    press(page, "Save")
    expect(page.get_by_test_id("corrected")).to_have_text("Corrected to: calm")
    press(page, "Table")
    chosen = page.get_by_role("row").filter(has=page.get_by_role("button", pressed=True))
    expect(chosen.get_by_role("cell").last).to_have_text("calm")
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    kept = json.loads(download.value.path().read_text())["events"]
    assert [entry["correction"]["affect"] for entry in kept if "correction" in entry] == ["calm"]


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


def test_a_reading_can_be_held(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    listen(page)
    press(page, "Hold")
    held = page.get_by_test_id("now-when").inner_text().split()[-1]
    expect(page.get_by_text("Newer readings are waiting")).to_be_visible(timeout=30_000)
    assert page.get_by_test_id("now-when").inner_text() == f"Earlier, at {held}"
    press(page, "Resume")
    expect(page.get_by_test_id("now-when")).not_to_contain_text(held)


def test_settings_count_at_once_and_are_kept(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    press(page, "Settings")
    page.get_by_label("Page colours").select_option("High contrast, dark")
    page.get_by_label("Text size").select_option("200%")
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
    play_sample(page)
    moving = """() => [...document.querySelectorAll('*')].map(e => getComputedStyle(e))
        .filter(s => s.animationName !== 'none' || /[1-9]/.test(s.transitionDuration)).length"""
    assert page.evaluate(moving) == 0
