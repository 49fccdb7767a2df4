"""Firefox and WebKitGTK: load, sample, microphone, resume, timeline; and what the page says without a sound device."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from testkit.stack import Stack
from tests.e2e.harness.missing_package import end_without
from tests.e2e.harness.other_browsers import Firefox, OtherBrowser, WebKit, find_firefox, find_webkit
from tests.e2e.harness.sound_server import SoundServer

SILENT = {"PULSE_SERVER": "unix:/nonexistent"}
"""The environment of a browser that finds no sound device."""
TOLD = re.compile(
    "sound does not start|No microphone was found|microphone is not allowed|could not be opened|cannot work with live"
)
DRAWN = """const c = document.querySelector('[data-testid=lanes] canvas');
    return !!c && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0)"""


@contextmanager
def running(name: str, folder: Path, environment: dict[str, str]) -> Iterator[OtherBrowser]:
    find, kind, package = {
        "firefox": (find_firefox, Firefox, "firefox-esr"),
        "webkit": (find_webkit, WebKit, "webkit2gtk-driver and xvfb"),
    }[name]
    binary = find() or end_without(package)
    with kind(binary, folder, environment) as browser:
        yield browser


@pytest.fixture(params=["firefox", "webkit"])
def listening(request: pytest.FixtureRequest, tmp_path: Path, microphone_file: Path) -> Iterator[OtherBrowser]:
    """A browser whose microphone hears the sample, over and over."""
    binary = shutil.which("pulseaudio") or end_without("pulseaudio")
    sound = tmp_path / "sound"
    sound.mkdir()
    with (
        SoundServer(binary, sound, microphone_file) as server,
        running(request.param, tmp_path, server.environment) as browser,
    ):
        yield browser


@pytest.fixture(params=["firefox", "webkit"])
def deaf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OtherBrowser]:
    """A browser on a machine without a sound device."""
    with running(request.param, tmp_path, SILENT) as browser:
        yield browser


def wait_for_reading(browser: OtherBrowser) -> None:
    """Wait for a reading; fail if trouble comes first."""
    browser.wait_for_text("trouble", "now-label")
    assert browser.text("trouble") == ""


def test_the_sample_is_read_and_its_timeline_drawn(listening: OtherBrowser, stack: Stack) -> None:
    listening.open(stack.url)
    assert listening.wait_for_text("status") == "Ready"
    listening.press("Try the sample")
    wait_for_reading(listening)
    listening.wait(lambda: listening.text("status") == "Stopped", "the sample did not end")
    listening.press("The whole session")
    listening.wait(lambda: listening.run(DRAWN), "the timeline is empty")


def test_the_microphone_is_heard_and_the_session_goes_on_after_a_reload(listening: OtherBrowser, stack: Stack) -> None:
    listening.open(stack.url)
    listening.press("Start listening")
    wait_for_reading(listening)
    listening.open(stack.url)  # as a reload does: the tab's session was cut off
    listening.press("Continue listening")
    listening.wait(lambda: listening.text("status") not in {"Ready", "Starting …"}, "it did not go on")
    listening.press("Stop")
    listening.wait(lambda: listening.text("status") == "Stopped", "it did not stop")
    assert listening.text("now-label")


def test_without_a_sound_device_the_page_says_what_to_do(deaf: OtherBrowser, stack: Stack) -> None:
    deaf.open(stack.url)
    deaf.press("Start listening")
    assert TOLD.search(deaf.wait_for_text("trouble"))
