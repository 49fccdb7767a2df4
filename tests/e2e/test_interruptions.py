"""Gateway or network away, or a reload in the middle: nothing is lost, and the page says what is wrong."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from testkit.stack import Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.page_actions import (
    ENDING,
    erase,
    everything_until_stop,
    export,
    listen,
    play_sample,
    press,
    tones,
)


def on_a_network(page: Page) -> None:
    """Make the browser say that it has a network, which a machine that runs tests may not have."""
    page.evaluate("Object.defineProperty(navigator, 'onLine', { value: true })")


def test_nothing_is_lost_while_the_gateway_is_away(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    on_a_network(page)
    listen(page)

    stack.kill("gateway")
    expect(page.get_by_test_id("status")).to_have_text("Reconnecting – nothing lost so far")
    page.wait_for_timeout(4000)
    stack.start("gateway")
    expect(page.get_by_test_id("status")).not_to_contain_text("Reconnecting", timeout=30_000)
    page.wait_for_timeout(3000)
    assert everything_until_stop(page)


def overhear(page: Page) -> Callable[[], list[str]]:
    """Record the text of the status line and the alert from now on, each change once."""
    page.evaluate(
        """() => { window.said = []; for (const region of document.querySelectorAll('[role=status], [role=alert]'))
        new MutationObserver(() => window.said.push(region.textContent.trim()))
            .observe(region, { subtree: true, childList: true, characterData: true }) }"""
    )
    return lambda: [text for text in page.evaluate("window.said") if text]


def test_nothing_is_lost_while_the_network_is_away(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    listen(page)
    said = overhear(page)
    page.context.set_offline(True)
    expect(page.get_by_test_id("status")).to_have_text("Offline – nothing lost so far")
    expect(page.get_by_role("alert")).to_contain_text("This device is offline")
    page.wait_for_timeout(2000)
    page.context.set_offline(False)
    expect(page.get_by_test_id("status")).not_to_have_text(re.compile("Offline|Reconnecting"), timeout=30_000)
    expect(page.get_by_role("alert")).to_be_empty()
    newest = page.get_by_test_id("history").get_by_role("listitem").first
    expect(newest).to_contain_text(re.compile(r"0:(09|[1-5]\d)"))
    heard = said()
    assert [text for text in heard if "nothing read" in text.lower() or "nothing is reading" in text] == []
    assert len([text for text in heard if "This device is offline" in text]) == 1, heard
    assert max(event.timestamp for event in everything_until_stop(page)) > 8, "what was said meanwhile is missing"


def test_what_is_said_before_a_stop_offline_is_sent_afterwards(
    browser: Browser, stack: Stack, open_page: OpenPage
) -> None:
    page = open_page(browser, stack)
    listen(page)
    page.context.set_offline(True)
    page.wait_for_timeout(5000)
    press(page, "Stop")
    expect(page.get_by_test_id("status")).to_contain_text("of sound still to be sent")
    unsent = re.search(r"(\d+) s", page.get_by_test_id("status").inner_text())
    assert unsent is not None and int(unsent[1]) >= 2
    expect(page.get_by_test_id("unsent")).to_contain_text("Leave the page open")
    page.context.set_offline(False)
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    entries = export(page)
    assert "audio-gap" not in [entry["event"] for entry in entries]
    # A first reading, of 3 s, was there before; what the microphone heard since is what was waiting.
    assert entries[-1]["data"]["timestamp"] >= 2 + int(unsent[1]), "what was said offline is missing"
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


def wait_until_loaded(page: Page, name: str) -> None:
    """Wait for the part of the page. Playwright's own wait evaluates in the page, whose policy forbids that."""
    names = "() => performance.getEntriesByType('resource').map(part => part.name)"
    give_up = time.monotonic() + 30
    while not any(name in part for part in page.evaluate(names)):
        assert time.monotonic() < give_up, f"the page did not load {name}"
        page.wait_for_timeout(100)


def test_start_waits_for_a_server_that_is_away(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    on_a_network(page)
    wait_until_loaded(page, "processor")
    stack.stop("gateway")
    try:
        press(page, "Start listening")
        expect(page.get_by_role("alert")).to_contain_text("The server is not answering at the moment")
    finally:
        stack.start("gateway")
    expect(page.get_by_test_id("now-label")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("alert")).to_be_empty()


def rows(page: Page) -> int:
    """Return the number of readings on the table's first page."""
    page.get_by_test_id("whole").locator("summary").first.click()
    press(page, "Table")
    found = page.get_by_role("row").filter(has=page.get_by_role("cell"))
    expect(found.first).to_be_visible()
    return found.count()


def test_a_session_goes_on_after_a_reload(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    listen(page)
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
    press(page, "Continue listening")
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
    play_sample(page)
    page.reload()
    page.get_by_test_id("resume").get_by_role("button", name="End it").click()
    expect(page.get_by_test_id("resume")).to_have_count(0)
    expect(page.get_by_role("button", name="Start listening")).to_be_focused()
    assert tones(export(page))
    erase(page)
    page.reload()
    expect(page.get_by_role("button", name="Start listening")).to_be_visible()
    expect(page.get_by_test_id("after")).to_have_count(0)
