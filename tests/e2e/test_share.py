"""Two pages on one session: one that speaks, and one that reads through its link."""

from playwright.sync_api import Browser, Page, expect

from testkit.stack import Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.page_actions import ENDING, listen, press, wait_until


def share(page: Page) -> str:
    """Make a link and return its address."""
    part = page.get_by_test_id("share")
    if part.get_attribute("open") is None:
        part.locator("summary").click()
    expect(part).to_contain_text("Anyone with the link can read this session")
    press(page, "Make a link")
    field = page.get_by_test_id("share-link")
    expect(field).to_be_focused()
    return field.input_value()


def strip(page: Page) -> list[str]:
    return page.get_by_test_id("history").get_by_role("listitem").all_inner_texts()


def now(page: Page) -> list[str]:
    return [page.get_by_test_id(f"now-{part}").inner_text() for part in ("label", "when", "speaker", "confidence")]


def test_who_has_the_link_sees_the_same_and_can_change_nothing(
    browser: Browser, stack: Stack, open_page: OpenPage
) -> None:
    speaker, listener = open_page(browser, stack), open_page(browser, stack)
    listen(speaker)

    revoked = share(speaker)
    asked: list[tuple[str, str]] = []
    listener.on("request", lambda request: asked.append((request.method, request.url)))
    listener.goto(revoked)
    expect(listener.get_by_test_id("shared")).to_contain_text("someone else’s session")
    expect(listener.get_by_test_id("now-label")).to_be_visible()
    press(speaker, "End sharing")
    expect(listener.get_by_role("alert")).to_contain_text("This link no longer works")
    expect(listener.get_by_test_id("now-label")).to_have_count(0)
    listener.reload()
    expect(listener.get_by_role("alert")).to_contain_text("This link no longer works")

    address = share(speaker)
    assert address != revoked
    listener.goto(address)
    expect(listener.get_by_test_id("now-label")).to_be_visible()
    expect(listener.get_by_role("alert")).to_be_empty()
    before = strip(listener)
    wait_until(lambda: strip(listener)[:1] != before[:1], listener)
    press(speaker, "Stop")
    for page in (speaker, listener):
        expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    assert strip(speaker) == strip(listener) != []
    # Each page shows a new reading at its own calm pace.
    wait_until(lambda: now(speaker) == now(listener), listener)

    listener.get_by_test_id("whole").locator("summary").first.click()
    listener.get_by_role("slider", name="Timeline").press("End")
    expect(listener.get_by_test_id("detail")).to_be_visible()
    controls = listener.locator("button, input, select, textarea, summary").all_inner_texts()
    for words in ("Start listening", "Stop", "Try the sample", "That’s not right", "Erase", "Share this session"):
        assert [text for text in controls if words in text] == []
    session_id = speaker.evaluate("sessionStorage.getItem('linnet-session')")
    assert session_id and session_id not in listener.content()
    assert asked and [url for method, url in asked if method != "GET" or session_id in url] == []

    listener.get_by_role("link", name="Start your own session").click()
    expect(listener.get_by_role("button", name="Start listening")).to_be_visible()
    speaker.reload()
    speaker.get_by_test_id("share").locator("summary").click()
    expect(speaker.get_by_test_id("share-link")).to_have_value(address)
