"""Everything fits: small screens, large text, long names, both languages."""

import itertools

import pytest
from playwright.sync_api import Browser, Page, expect

from testkit.stack import Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.page_actions import press


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_it_fits_the_screen(browser: Browser, stack: Stack, open_page: OpenPage, width: int) -> None:
    page = open_page(browser, stack, viewport={"width": width, "height": 800})
    press(page, "Try the sample")
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    expect(page.get_by_test_id("mock")).to_be_visible()  # a notice above, which may come late
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
    """The main control is on each screen without scrolling, even with text twice as large, and nothing overflows."""
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
