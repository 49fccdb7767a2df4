"""Readings arrive through proxies that block WebSockets or hold streams back, and in many tabs of a browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from testkit.stack import Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.odd_proxy import OddProxy
from tests.e2e.harness.page_actions import everything_until_stop, listen, press, wait_until
from tests.e2e.test_share import share, strip

TABS = 8
BY_POST = "blocks WebSockets"
BY_ASKING = "The page asks for readings every second"


def shown_readings(page: Page) -> list[str]:
    return [reading for reading in strip(page) if re.search(r"\d:\d\d", reading)]


@pytest.mark.parametrize(
    ("odd", "sentence"), [({"swallow_upgrades": True}, BY_POST), ({"hold_streams": True}, BY_ASKING)]
)
def test_readings_come_through_an_odd_proxy(
    browser: Browser, stack: Stack, open_page: OpenPage, odd: dict[str, bool], sentence: str
) -> None:
    with OddProxy(stack.url, **odd) as proxy:
        page = open_page(browser, stack, url=proxy.url)
        listen(page)
        expect(page.get_by_role("list", name="Messages")).to_contain_text(sentence)
        newest = page.get_by_test_id("history").get_by_role("listitem").first
        before = newest.inner_text()
        expect(newest).not_to_have_text(before)
        readings = everything_until_stop(page)
    assert readings
    assert len(set(shown_readings(page))) == len(shown_readings(page)), "a reading is shown twice"


def test_many_tabs_lock_nothing_out(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    speakers = [open_page(browser, stack) for _ in range(2)]
    for speaker in speakers:
        listen(speaker)
    links = [share(speaker) for speaker in speakers]
    first = open_page(browser, stack)
    first.goto(links[0])
    tabs = [first, *(first.context.new_page() for _ in range(TABS))]
    for number, tab in enumerate(tabs):
        tab.set_default_timeout(30_000)
        tab.goto(links[number % 2])
        tab.reload()  # the fragment alone would not be another page
    for tab in tabs:
        expect(tab.get_by_test_id("now-label")).to_be_visible()
    last = tabs[-1]
    before = strip(last)
    wait_until(lambda: strip(last)[:1] != before[:1], last)
    for speaker in speakers:
        press(speaker, "Stop")
    for tab in (tabs[0], last):
        expect(tab.get_by_test_id("status")).to_have_text("Stopped", timeout=60_000)
