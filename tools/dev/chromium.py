"""A headless Chromium, driven by its DevTools protocol: for pictures and for tests of pages.

Nothing of it is part of what ships to an ECU; where there is no browser, ``find`` says nothing.
"""

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--remote-debugging-port=0", "--remote-allow-origins=*"),
)
PATIENCE: Final = 60.0
_LARGEST: Final = 64 * 1024 * 1024


def find() -> str:
    """Its path, or nothing."""
    return next((found for name in NAMES if (found := shutil.which(name))), "")


class Tab:
    """One page.  ``ask`` evaluates JavaScript; ``until`` does so until it is true."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0

    def say(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        words = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(words))
        while True:
            answer = json.loads(self._socket.recv(PATIENCE))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                found: dict[str, Any] = answer["result"]
                return found

    def size(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        self.say(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.say("Emulation.setEmulatedMedia", features=[scheme])

    def go(self, url: str) -> None:
        self.say("Page.navigate", url=url)

    def ask(self, code: str) -> Any:  # noqa: ANN401 - any JSON
        told = self.say("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(f"{code}: {told['exceptionDetails']}")
        return told["result"].get("value")

    def until(self, code: str, within: float = PATIENCE) -> Any:  # noqa: ANN401 - any JSON
        """What it says when it says something."""
        ends = time.monotonic() + within
        while not (found := self.ask(code)):
            if time.monotonic() > ends:
                raise TimeoutError(f"not within {within:g} s: {code}")
            time.sleep(0.05)
        return found

    def shoot(self, picture: Path) -> None:
        octets = self.say("Page.captureScreenshot", format="png")["data"]
        picture.write_bytes(base64.b64decode(octets))


@contextlib.contextmanager
def tab() -> Iterator[Tab]:
    """A page of a browser that ends with it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [find(), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = _port(Path(profile) / "DevToolsActivePort", browser)
            with connect(_page(port), max_size=_LARGEST, proxy=None) as socket:
                yield Tab(socket)
        finally:
            browser.terminate()
            browser.wait(PATIENCE)


def _port(told: Path, browser: "subprocess.Popen[bytes]") -> int:
    ends = time.monotonic() + PATIENCE
    while browser.poll() is None and time.monotonic() < ends:
        lines = told.read_text().splitlines() if told.exists() else []
        if len(lines) > 1:
            return int(lines[0])
        time.sleep(0.05)
    raise RuntimeError("the browser did not start")


def _page(port: int) -> str:
    """The DevTools address of its first page."""
    from urllib.request import ProxyHandler, build_opener  # noqa: PLC0415 - only here

    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        with build_opener(ProxyHandler({})).open(
            f"http://127.0.0.1:{port}/json", timeout=PATIENCE
        ) as answer:
            pages = [one for one in json.load(answer) if one["type"] == "page"]
        if pages:
            return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise RuntimeError("the browser has no page")
