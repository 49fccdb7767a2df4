"""Recordings instead of a microphone: read to the end, from any position, or refused with a sentence."""

import pytest
from playwright.sync_api import Browser, expect

from testkit.stack import Stack
from tests.e2e.conftest import SAMPLE, OpenPage
from tests.e2e.harness.page_actions import ENDING, export, press, tones


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
    place = page.get_by_role("slider", name="Position in the recording")
    place.focus()
    page.keyboard.press("End")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    assert all(event.timestamp < 15 for event in tones(export(page))), "what was skipped was read"
