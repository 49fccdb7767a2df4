"""The page with the real model: speech goes in, its tone appears on the screen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from testkit.stack import Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.page_actions import CONFIDENCE, ENDING, export, play_sample, tones

pytestmark = pytest.mark.speech


@pytest.fixture(scope="module")
def speech_stack(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("speech-stack"), mock=False) as running:
        yield running


def test_speech_becomes_tone(browser: Browser, speech_stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, speech_stack)
    play_sample(page)
    expect(page.get_by_test_id("now-confidence")).to_have_text(CONFIDENCE)
    expect(page.get_by_test_id("mock")).to_have_count(0)

    expect(page.get_by_test_id("status")).to_have_text("Stopped", timeout=ENDING)
    heard = tones(export(page))
    last = page.get_by_test_id("history").get_by_role("listitem").first
    expect(last).to_contain_text(heard[-1].label)
    # Neutral, happy, angry and sad sentences: it must not say one thing of them all.
    assert len({event.affect for event in heard}) >= 3
