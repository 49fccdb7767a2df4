"""The page of a server that requires a key to start sessions."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from gateway.edge.api_keys import hash_of, new_key
from testkit.stack import Stack
from tests.e2e.conftest import OpenPage
from tests.e2e.harness.page_actions import listen, play_sample, press

KEY = new_key()


@pytest.fixture
def locked_stack(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    keys = f"clinic:{hash_of(KEY)}"
    with Stack(tmp_path_factory.mktemp("locked-stack"), mock=True, LINNET_API_KEYS=keys) as running:
        yield running


def test_a_key_is_asked_for_once(browser: Browser, locked_stack: Stack, open_page: OpenPage) -> None:
    page = open_page(browser, locked_stack)
    press(page, "Start listening")
    expect(page.get_by_test_id("trouble")).to_contain_text("This server needs a key")
    field = page.get_by_label("Key for this server")
    field.fill(new_key())
    press(page, "Use this key")
    expect(field).to_have_count(0)
    expect(page.get_by_role("button", name="Start listening")).to_be_focused()
    press(page, "Start listening")
    expect(page.get_by_test_id("trouble")).to_contain_text("does not accept this key")
    field.fill(KEY)
    field.press("Enter")
    listen(page)
    press(page, "Stop")
    page.reload()
    play_sample(page)
