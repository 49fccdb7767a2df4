"""Firefox and WebKitGTK from Debian's packages, each with its own WebDriver: Playwright only drives its own builds.

with Firefox(tmp_path) as browser:
    browser.open(stack.url)
    browser.press("Start listening")
    browser.wait_for_text("now-label")
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import httpx

from testkit.redis_server import free_port

_START_PATIENCE: Final = 120.0
_PATIENCE: Final = 60.0
_POLL: Final = 0.2
_ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"
"""The field of a WebDriver answer that names an element."""
_BUTTON: Final = "//button[contains(normalize-space(.), '{0}')] | //summary[contains(normalize-space(.), '{0}')]"
_WEBKIT: Final = "webkit2gtk-4*/MiniBrowser"

_PREFERENCES: Final = {
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "en",
}


def find_firefox() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


def find_webkit() -> str | None:
    """MiniBrowser's path, where its driver and a display to draw on are there, too."""
    if not (shutil.which("WebKitWebDriver") and shutil.which("Xvfb")):
        return None
    found = sorted(Path("/usr/lib").glob(f"*/{_WEBKIT}")) + sorted(Path("/usr/libexec").glob(_WEBKIT))
    return str(found[-1]) if found else None


class OtherBrowser(ABC):
    """One window. Runs until the block ends."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment` is added to the browser's, so that it finds a microphone and a loudspeaker."""
        self._environment = environment
        self._processes: list[subprocess.Popen[bytes]] = []

    @abstractmethod
    def begin(self) -> None:
        """Start the browser."""

    @abstractmethod
    def open(self, url: str) -> None: ...

    @abstractmethod
    def run(self, script: str, *arguments: object) -> Any:
        """Return the result of the function body `script` in the page."""

    @abstractmethod
    def _click(self, xpath: str) -> None:
        """Press it as a person would, so that the page may use sound."""

    def press(self, name: str) -> None:
        """The button, or the heading that unfolds something, of that name."""
        xpath = _BUTTON.format(name)
        there = """const found = document.evaluate(arguments[0], document, null, 9, null).singleNodeValue
            found?.scrollIntoView({ block: 'center' }) // a driver clicks at its middle, wherever that is
            return !!found"""
        self.wait(lambda: self.run(there, xpath), f"no button {name}")
        self._click(xpath)

    def text(self, test_id: str) -> str:
        """Of the first part with that test id; empty where there is none."""
        script = "return (document.querySelector(`[data-testid=${arguments[0]}]`)?.textContent ?? '').trim()"
        return str(self.run(script, test_id))

    def wait_for_text(self, *test_ids: str) -> str:
        """Until one of them has any: the first such text."""
        found: list[str] = []

        def look() -> bool:
            found[:] = filter(None, map(self.text, test_ids))
            return bool(found)

        self.wait(look, f"nothing in {test_ids}")
        return found[0]

    def wait(self, condition: Any, otherwise: str) -> None:
        give_up = time.monotonic() + _PATIENCE
        while not condition():
            said = self.run("return document.body.innerText.slice(0, 800)")
            assert time.monotonic() < give_up, f"{otherwise}: {said}"
            time.sleep(_POLL)

    def _start(self, command: list[str], log: Path, **environment: str) -> None:
        with log.open("ab") as sink:
            self._processes.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    env=os.environ | self._environment | environment,
                    start_new_session=True,
                )
            )

    def __enter__(self) -> "OtherBrowser":
        try:
            self.begin()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        for process in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the group is its own: nobody else's process is in it
            process.wait()


class Firefox(OtherBrowser):
    """Firefox through Marionette: over TCP, each message is its length, a colon and JSON."""

    def __init__(self, binary: str, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(environment)
        self._binary = binary
        self._folder = folder
        self._port = free_port()
        self._count = 0

    def begin(self) -> None:
        profile = self._folder / "profile"
        profile.mkdir()
        preferences = _PREFERENCES | {"marionette.port": self._port}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
        (profile / "user.js").write_text("\n".join(lines))
        self._start(
            [self._binary, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
            self._folder / "firefox.log",
            HOME=str(self._folder),
        )
        give_up = time.monotonic() + _START_PATIENCE
        while True:
            try:
                self._link = socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE)
                break
            except OSError:
                assert time.monotonic() < give_up, "Firefox did not start"
                time.sleep(_POLL)
        self._file = self._link.makefile("rb")
        self._read()  # who it is
        self._command("WebDriver:NewSession", {})

    def open(self, url: str) -> None:
        self._command("WebDriver:Navigate", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        return self._command("WebDriver:ExecuteScript", {"script": script, "args": list(arguments)})["value"]

    def _click(self, xpath: str) -> None:
        found = self._command("WebDriver:FindElement", {"using": "xpath", "value": xpath})
        self._command("WebDriver:ElementClick", {"id": found["value"][_ELEMENT]})

    def _command(self, name: str, parameters: dict[str, object]) -> Any:
        self._count += 1
        message = json.dumps([0, self._count, name, parameters]).encode()
        self._link.sendall(f"{len(message)}:".encode() + message)
        _, _, error, result = self._read()
        assert error is None, error
        return result

    def _read(self) -> Any:
        length = b""
        while (byte := self._file.read(1)) != b":":
            assert byte, "Firefox has ended"
            length += byte
        return json.loads(self._file.read(int(length)))

    def _close(self) -> None:
        if hasattr(self, "_link"):
            self._file.close()
            self._link.close()
        super()._close()


class WebKit(OtherBrowser):
    """MiniBrowser through plain HTTP WebDriver, on a separate display."""

    def __init__(self, binary: str, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(environment)
        self._binary = binary
        self._folder = folder

    def begin(self) -> None:
        port = free_port()
        display = f":{100 + port % 10_000}"
        self._start(["Xvfb", display, "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], self._folder / "xvfb.log")
        self._start(
            ["WebKitWebDriver", f"--port={port}"],
            self._folder / "webkit.log",
            DISPLAY=display,
            HOME=str(self._folder),
            LC_ALL="C.UTF-8",
            LIBGL_ALWAYS_SOFTWARE="1",
            WEBKIT_DISABLE_COMPOSITING_MODE="1",
        )
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_START_PATIENCE)
        options = {"binary": self._binary, "args": ["--automation"]}
        wish = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        give_up = time.monotonic() + _START_PATIENCE
        while True:
            try:
                answer = self._client.post("/session", json=wish)
                break
            except httpx.ConnectError:
                assert time.monotonic() < give_up, "WebKitWebDriver did not start"
                time.sleep(_POLL)
        assert answer.is_success, answer.text
        self._session = f"/session/{answer.json()['value']['sessionId']}"

    def open(self, url: str) -> None:
        self._command("/url", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        return self._command("/execute/sync", {"script": script, "args": list(arguments)})

    def _click(self, xpath: str) -> None:
        element = self._command("/element", {"using": "xpath", "value": xpath})[_ELEMENT]
        self._command(f"/element/{element}/click", {})

    def _command(self, path: str, body: dict[str, object]) -> Any:
        answer = self._client.post(self._session + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()["value"]

    def _close(self) -> None:
        if hasattr(self, "_client"):
            self._client.close()
        super()._close()
