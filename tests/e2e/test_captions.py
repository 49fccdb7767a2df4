"""Words beside tone, in a real browser. The mock makes the words up."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from classifier_worker.transcription.mock_recognition import SENTENCES
from testkit.stack import Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.page_actions import ENDING, export, press, wait_until


@pytest.fixture(scope="module")
def stack(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that writes down words."""
    with Stack(tmp_path_factory.mktemp("stack"), mock=True, LINNET_WORDS="base") as running:
        yield running


def test_lines_appear_as_people_speak_and_outlast_the_session(
    browser: Browser, stack: Stack, open_page: OpenPage
) -> None:
    page = open_page(browser, stack)
    press(page, "Start listening")
    lines = page.get_by_test_id("line")
    expect(lines.first).to_be_visible()
    wait_until(lambda: lines.count() >= 2, page, 60)
    press(page, "Stop")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)

    shown = page.get_by_test_id("line-words").all_inner_texts()
    entries = [entry for entry in export(page) if entry["event"] == "transcript-event"]
    assert len(shown) == len(entries) >= 2
    words = [word for sentence in SENTENCES for word in sentence.split()]
    for text, entry in zip(shown, entries, strict=True):
        stored = str(entry["data"]["text"])
        assert [word for word in stored.split() if word not in words] == []
        assert all(word in text for word in stored.split()), (text, stored)

    page.reload()
    expect(page.get_by_test_id("line")).to_have_count(len(shown))


def test_a_line_is_corrected_in_its_place_and_exported_so(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    press(page, "Start listening")
    expect(page.get_by_test_id("line").first).to_be_visible(timeout=60_000)
    press(page, "Stop")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)

    line = page.get_by_test_id("line").first
    line.get_by_role("button", name=re.compile("^Correct")).click()
    line.get_by_role("textbox").fill("The wind was late again.")
    line.get_by_role("button", name="Save").click()
    expect(line.get_by_test_id("line-words")).to_contain_text("wind")
    expect(line.get_by_test_id("heard-as")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("line-words").first).to_contain_text("wind")

    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    assert "The wind was late again." in download.value.path().read_text()


def test_without_captions_nothing_is_written_down(browser: Browser, stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, stack)
    page.get_by_label("Captions").uncheck()
    press(page, "Start listening")
    expect(page.get_by_test_id("now-label")).to_be_visible()
    history = page.get_by_test_id("history").get_by_role("listitem")
    wait_until(lambda: history.count() >= 5, page, 60)
    press(page, "Stop")
    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    expect(page.get_by_test_id("captions")).to_have_count(0)
    assert not [entry for entry in export(page) if entry["event"] == "transcript-event"]
