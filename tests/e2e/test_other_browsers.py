"""The page in Firefox and WebKitGTK: load, sample, microphone, resume, timeline.

What a browser cannot do, its page says.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.stack import Stack
from tests.e2e.other_browsers import Firefox, OtherBrowser, WebKit, find_firefox, find_webkit

NO_SOUND = re.compile("sound does not start|cannot work with live sound")
NO_MICROPHONE = re.compile(
    "No microphone was found|microphone is not allowed|could not be opened|cannot work with live"
)
DRAWN = """const c = document.querySelector('[data-testid=lanes] canvas');
    return !!c && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0)"""


@pytest.fixture(params=["firefox", "webkit"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OtherBrowser]:
    find, kind, package = {
        "firefox": (find_firefox, Firefox, "firefox-esr"),
        "webkit": (find_webkit, WebKit, "webkit2gtk-driver and xvfb"),
    }[request.param]
    binary = find()
    if binary is None:
        missing = f"Missing for this test: {package}. `./manage.sh test e2e` as root installs it"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with kind(binary, tmp_path) as running:
        yield running


def trouble_or_reading(browser: OtherBrowser) -> str:
    """Which comes first; empty for a reading."""
    browser.wait_for_text("trouble", "now-label")
    return browser.text("trouble")


def test_sample_and_timeline(other: OtherBrowser, stack: Stack) -> None:
    other.open(stack.url)
    assert other.wait_for_text("status") == "Ready"
    other.press("Try the sample")
    if trouble := trouble_or_reading(other):
        assert NO_SOUND.search(trouble), trouble
        return
    other.wait(lambda: other.text("status") == "Stopped", "the sample did not end")
    other.press("The whole session")
    other.wait(lambda: other.run(DRAWN), "the timeline is empty")


def test_microphone_and_resume(other: OtherBrowser, stack: Stack) -> None:
    other.open(stack.url)
    other.press("Start listening")
    if trouble := trouble_or_reading(other):
        assert NO_MICROPHONE.search(trouble) or NO_SOUND.search(trouble), trouble
        return
    other.open(stack.url)  # as a reload does: the tab's session was cut off
    other.press("Continue listening")
    other.wait(lambda: other.text("status") not in {"Ready", "Starting …"}, "it did not go on")
    other.press("Stop")
    other.wait(lambda: other.text("status") == "Stopped", "it did not stop")
    assert other.text("now-label")
