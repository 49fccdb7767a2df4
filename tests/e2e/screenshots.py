"""Take screenshots of every view with different screens and settings, into docs/screenshots/.

./manage.sh python -m tests.e2e.screenshots    takes a few minutes: the real model analyses the sample in each look
"""

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

from testkit.browser import QUIET, build_page, find_chromium
from testkit.stack import ROOT, Stack

FOLDER: Final = ROOT / "docs" / "screenshots"
ENDING: Final = 60_000


@dataclass(frozen=True)
class Look:
    """A screen and the chosen settings."""

    name: str
    width: int
    height: int
    settings: dict[str, object] = field(default_factory=dict)


LOOKS: Final = (
    Look("phone", 390, 844),
    Look("desktop", 1440, 900),
    Look("dark", 1440, 900, {"theme": "dark"}),
    Look("contrast", 1440, 900, {"theme": "contrast-light", "palette": "few"}),
    Look("large", 390, 844, {"textSize": 200, "language": "de"}),
)


def live(page: Page) -> None:
    page.locator("[data-compose] button").nth(1).click()
    expect(page.get_by_test_id("now-label")).to_be_visible(timeout=ENDING)
    page.wait_for_timeout(9_000)


def ended(page: Page) -> None:
    expect(page.get_by_test_id("after")).to_be_visible(timeout=ENDING)


def timeline(page: Page) -> None:
    page.get_by_test_id("whole").locator("summary").first.click()
    page.locator("[role=slider][aria-valuetext][tabindex]").press("End")
    page.locator("[data-testid=whole] fieldset input").first.check()
    page.wait_for_timeout(500)


def table(page: Page) -> None:
    page.locator("[data-testid=whole] button[aria-pressed]").nth(1).click()


def settings(page: Page) -> None:
    page.locator("[aria-haspopup=dialog]").click()


def about(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator("footer > details > summary").click()
    page.wait_for_timeout(1_000)


VIEWS: Final[dict[str, Callable[[Page], None]]] = {
    "start": lambda page: None,
    "live": live,
    "ended": ended,
    "timeline": timeline,
    "table": table,
    "settings": settings,
    "about": about,
}


def take(browser: Browser, url: str, look: Look) -> None:
    """Take every view in one look; each follows from the previous one."""
    context = browser.new_context(viewport={"width": look.width, "height": look.height}, reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(f"localStorage.setItem('linnet-settings', {json.dumps(json.dumps(look.settings))})")
    page.goto(url)
    for name, view in VIEWS.items():
        view(page)
        # A dialog covers only what is on the screen; everything else is shown to its end, on a screen that high: what
        # stands at the lower edge would else cover the middle.
        tall = look.height if name == "settings" else page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": look.width, "height": max(tall, look.height)})
        page.screenshot(path=FOLDER / f"{name}-{look.name}.jpg", type="jpeg", quality=75)
        page.set_viewport_size({"width": look.width, "height": look.height})
    context.close()


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is missing. Install it: apt-get install chromium", file=sys.stderr)
        return 1
    build_page()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as logs, Stack(Path(logs), mock=False) as stack, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=QUIET)
        for look in LOOKS:
            take(browser, stack.url, look)
            print(f"{look.name}: {len(VIEWS)} pictures")
        browser.close()
    print(f"in {FOLDER.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
