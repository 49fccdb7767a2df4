"""A real browser on a real stack. Screenshots of failed tests are kept in data/e2e/."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from testkit.browser import QUIET, build_page, find_chromium
from testkit.stack import FRONTEND, ROOT, Stack
from tests.e2e.harness.missing_package import end_without

SAMPLE = FRONTEND / "public" / "sample.flac"
KEPT = Path(os.environ.get("LINNET_DATA_DIR") or ROOT / "data") / "e2e"

expect.set_options(timeout=30_000)
"""ms. Its own 5 s are hardly more than a first reading takes; waiting for longer costs nothing when all is well."""

OpenPage = Callable[..., Page]
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell fixtures, when they clean up, whether their test failed."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one the tests are skipped, on CI they fail."""
    return find_chromium() or end_without("chromium")


@pytest.fixture(scope="session")
def built_page() -> None:
    """frontend/dist, as new as its sources."""
    build_page()


@pytest.fixture(scope="session")
def microphone_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audio of the browser's fake microphone, in a loop: a second of silence, the sample, another second."""
    speech, rate = soundfile.read(SAMPLE, dtype="int16")
    second = np.zeros(rate, dtype=np.int16)
    path = tmp_path_factory.mktemp("microphone") / "microphone.wav"
    soundfile.write(path, np.concatenate([second, speech, second]), rate, subtype="PCM_16")
    return path


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str, microphone_file: Path) -> Iterator[Browser]:
    """A browser whose microphone is allowed and plays the sample."""
    arguments = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone_file}",
    ]
    with playwright.chromium.launch(executable_path=chromium, args=QUIET + arguments) as running:
        yield running


@pytest.fixture(scope="session")
def shy_browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """A browser that denies the microphone."""
    arguments = ["--use-fake-ui-for-media-stream=deny", "--use-fake-device-for-media-stream"]
    with playwright.chromium.launch(executable_path=chromium, args=QUIET + arguments) as running:
        yield running


@pytest.fixture(scope="session")
def stack(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with the mock classifier, which needs no model and follows the same contract."""
    with Stack(tmp_path_factory.mktemp("stack"), mock=True) as running:
        yield running


@pytest.fixture
def open_page(request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Open the page of a stack in a browser. A page error fails the test; a failed test keeps a screenshot."""
    pages: list[tuple[Page, Stack]] = []
    problems: list[str] = []
    with ExitStack() as contexts:

        def open_it(browser: Browser, stack: Stack, url: str | None = None, **options: object) -> Page:
            context = contexts.enter_context(browser.new_context(**options))  # type: ignore[arg-type]
            page = context.new_page()
            page.set_default_timeout(20_000)
            page.on("pageerror", lambda error: problems.append(str(error)))
            foreign = _foreign_requests(page, url or stack.url)
            contexts.callback(problems.extend, foreign)
            page.goto(url or stack.url)
            pages.append((page, stack))
            return page

        yield open_it
        if request.node.stash.get(_FAILED, False):
            for number, (page, stack) in enumerate(pages):
                _keep(page, stack, KEPT / f"{request.node.name}-{number}")
    assert not problems


def _foreign_requests(page: Page, own: str) -> list[str]:
    """Collect the page's requests to other origins, of which there must be none."""
    found: list[str] = []
    page.on("request", lambda request: None if _is_own(request.url, own) else found.append(request.url))
    return found


def _is_own(url: str, own: str) -> bool:
    return url.startswith((own, "data:", "blob:"))


def _keep(page: Page, stack: Stack, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    page.screenshot(path=folder / "page.png", full_page=True)
    for log in stack.logs.glob("*.log"):
        shutil.copy(log, folder)
