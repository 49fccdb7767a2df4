"""The page is accessible: axe-core's rules hold in every view and colour scheme; every control works by keyboard."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from testkit.stack import FRONTEND, Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.page_actions import ENDING, play_sample, press, wait_until
from tests.e2e.harness.words import add_lines, add_unfinished_words
from tests.e2e.test_share import share

AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES = ("light", "dark", "contrast-light", "contrast-dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def read_sample(page: Page) -> None:
    play_sample(page)
    place = page.get_by_role("slider", name="Position in the recording")
    place.focus()
    page.keyboard.press("End")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)


def whole_session(page: Page) -> None:
    read_sample(page)
    page.get_by_test_id("whole").locator("summary").first.click()
    page.get_by_role("slider", name="Timeline").press("End")
    page.get_by_label("Activation").check()
    page.get_by_text("That’s not right").click()


def table(page: Page) -> None:
    whole_session(page)
    press(page, "Table")


def settings(page: Page) -> None:
    press(page, "Settings")
    expect(page.get_by_label("Text size")).to_be_visible()


def about(page: Page) -> None:
    page.get_by_text("About the model, and what it cannot know").click()
    expect(page.get_by_text("Which model this is").or_(page.get_by_text("Practice mode")).first).to_be_visible()


def refused(page: Page) -> None:
    with page.expect_file_chooser() as chooser:
        press(page, "Play a recording …")
    chooser.value.set_files({"name": "broken.mp3", "mimeType": "audio/mpeg", "buffer": b"no sound" * 100})
    expect(page.get_by_role("alert")).to_contain_text("could not be read as sound")


def interrupted(page: Page) -> None:
    play_sample(page)
    page.reload()
    expect(page.get_by_test_id("resume")).to_be_visible()


def sharing(page: Page) -> None:
    play_sample(page)
    share(page)


def shared(page: Page) -> None:
    play_sample(page)
    page.goto(share(page))
    expect(page.get_by_test_id("shared")).to_be_visible()
    expect(page.get_by_test_id("now-label")).to_be_visible()


def captions(page: Page) -> None:
    read_sample(page)
    add_lines(page)
    page.reload()
    expect(page.get_by_test_id("line-tone").first).to_be_visible()
    page.get_by_test_id("line").first.get_by_role("button").click()
    expect(page.get_by_label("What was said")).to_be_focused()


def shared_captions(page: Page) -> None:
    play_sample(page)
    address = share(page)
    add_lines(page)
    add_unfinished_words(page)
    page.goto(address)
    expect(page.get_by_test_id("line-tone").first).to_be_visible()
    expect(page.get_by_test_id("unfinished")).to_have_text("And what about you")


VIEWS: list[Callable[[Page], None]] = [
    lambda page: None, play_sample, whole_session, table, settings, about, refused, interrupted, sharing, shared,
    captions, shared_captions,
]  # fmt: skip
NAMES = [
    "start", "live", "whole-session", "table", "settings", "about", "refused", "interrupted", "sharing", "shared",
    "captions", "shared-captions",
]  # fmt: skip


def violations(page: Page) -> list[str]:
    rewind(page)
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, { runOnly: { type: 'tag', values: rules } })", RULES
    )
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


def rewind(page: Page) -> None:
    """Lets a recording that plays go on for long enough: what it ends with is another view."""
    place = page.get_by_role("slider", name="Position in the recording")
    if place.count():
        place.fill("0")


CONTROLS = """() => [...document.querySelectorAll('button, a[href], input, select, textarea, summary, [tabindex="0"]')]
    .filter(e => !e.disabled && e.checkVisibility() && !e.closest('[inert]') && e.tabIndex >= 0
        && (!document.querySelector('dialog[open]') || e.closest('dialog')))
    .map((e, n) => { e.dataset.walk ??= String(n); return e.dataset.walk })"""
FOCUSED = """() => { const e = document.activeElement, s = getComputedStyle(e)
    const seen = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2
    return [e.dataset.walk ?? '', seen, e.outerHTML.slice(0, 120)] }"""


@pytest.mark.parametrize("view", VIEWS, ids=NAMES)
def test_everybody_can_use_it(
    browser: Browser, stack: Stack, open_page: OpenPage, view: Callable[[Page], None]
) -> None:
    page = open_page(browser, stack, reduced_motion="reduce")
    view(page)
    for scheme in SCHEMES:
        # What the settings do; a choice there would close the view that is looked at.
        page.evaluate("scheme => { document.documentElement.dataset.scheme = scheme }", scheme)
        assert violations(page) == [], scheme
    walk(page)
    reflow(page)


def walk(page: Page) -> None:
    """The keyboard reaches every control, and the focus is visible."""
    rewind(page)
    controls: list[str] = page.evaluate(CONTROLS)
    page.evaluate("() => (document.activeElement ?? document.body).blur()")
    reached: set[str] = set()
    for _ in range(3 * len(controls) + 10):
        page.keyboard.press("Tab")
        name, outlined, html = page.evaluate(FOCUSED)
        if name:
            assert outlined, f"the focus on it cannot be seen: {html}"
            reached.add(name)
        if reached.issuperset(controls):
            return
    missed = [name for name in controls if name not in reached]
    assert [page.locator(f"[data-walk='{name}']").evaluate("e => e.outerHTML") for name in missed] == []


def reflow(page: Page) -> None:
    """Nothing needs sideways scrolling on a small screen or with text twice as large."""
    for width, text in ((320, "100%"), (390, "200%")):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("text => { document.documentElement.style.fontSize = text }", text)
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"too wide at {width} px, text {text}"


def test_screen_readers_hear_this(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    """Compare with the snapshot beside this file: names, roles and order. Change it only on purpose."""
    page = open_page(browser, stack)
    expect(page.locator("body")).to_match_aria_snapshot(snapshot("start"))
    press(page, "Settings")
    expect(page.get_by_role("dialog")).to_match_aria_snapshot(snapshot("settings"))
    page.keyboard.press("Escape")
    read_sample(page)
    expect(page.locator("main")).to_match_aria_snapshot(snapshot("ended"))


def snapshot(name: str) -> str:
    return (FRONTEND.parent / "tests" / "e2e" / "snapshots" / f"{name}.yml").read_text()


def test_changes_are_announced_and_repetitions_are_not(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    page.evaluate(
        """() => { window.heard = []; new MutationObserver(() => {
            const line = document.querySelector('[role=log]')?.lastElementChild
            if (line && line !== window.last) window.heard.push([performance.now(), line.textContent.trim()])
            window.last = line
        }).observe(document.body, { subtree: true, childList: true, characterData: true }) }"""
    )
    press(page, "Try the sample")
    wait_until(lambda: page.evaluate("window.heard.length") >= 3, page)
    heard: list[tuple[float, str]] = page.evaluate("window.heard")
    pauses = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(heard)]
    assert all(pause > 2_000 for pause in pauses), json.dumps(heard)  # 3 s, as it is drawn: to the ms by NowPanel.test
    assert all(word.startswith(("Speaker A: ", "Speaker B: ", "Speaker C: ")) for _, word in heard)
