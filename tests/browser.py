"""A headless Chromium, driven through a pipe by its DevTools protocol; nothing but the browser has to be installed."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SWITCHES = (
    "--headless", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
    "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--disable-quic", "--hide-scrollbars", "--no-sandbox",
)  # fmt: skip
PATIENCE = 60
# The code that Windows, and so the protocol, gives to the keys that are no letters.
CODES = {"Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39, "Tab": 9, " ": 32}


def chromium() -> str | None:
    """The browser's command, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browser(profile: Path) -> Iterator["Browser"]:
    """A browser with an empty profile, ended at the end."""
    (to_browser, ours_out), (ours_in, from_browser) = os.pipe(), os.pipe()
    # It reads from descriptor 3 and writes to 4; high numbers keep these two free until then.
    theirs = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 10) for descriptor in (to_browser, from_browser)]
    os.close(to_browser)
    os.close(from_browser)
    started = f'exec "$0" "$@" 3<&{theirs[0]} 4>&{theirs[1]}'
    command = ["bash", "-c", started, str(chromium()), *SWITCHES, f"--user-data-dir={profile}", "about:blank"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, pass_fds=theirs, stdin=quiet, stdout=quiet, stderr=quiet) as process:
        for descriptor in theirs:
            os.close(descriptor)
        try:
            yield Browser(ours_out, ours_in)
        finally:
            os.close(ours_out)  # it ends when nobody can talk to it any more
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()
                os.close(ours_in)


class Browser:
    """The pipe's two ends: commands go out, answers and events come in."""

    def __init__(self, out: int, into: int) -> None:
        self._out, self._in, self._unread, self._last = out, into, b"", 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Ask for something, and wait for the answer; events that come before it are kept."""
        self._last += 1
        asked = {"id": self._last, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._out, json.dumps(asked).encode() + b"\0")
        while (answer := self._next()).get("id") != self._last:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return dict(answer["result"])

    def wait(self, method: str, session: str) -> None:
        """Wait for an event of a page, unless it has come already."""
        while not any(event.get("method") == method and event.get("sessionId") == session for event in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._unread:
            if not select.select([self._in], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError(f"no word from the browser for {PATIENCE} s")
            read = os.read(self._in, 1 << 20)
            if not read:
                raise RuntimeError("the browser ended")
            self._unread += read
        message, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(message))

    def page(self, width: int, height: int, dark: bool = False) -> "Page":
        """An empty page of a size in pixels, for people who like it dark or light."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session).enable().size(width, height).scheme(dark)


class Page:
    """One page."""

    def __init__(self, owner: Browser, session: str) -> None:
        self._browser, self._session = owner, session

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A command to this page."""
        return self._browser.call(method, self._session, **params)

    def enable(self) -> Self:
        """Hear of what it loads, says and throws."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        return self

    def size(self, width: int, height: int) -> Self:
        """Make its window so large; narrow ones are phones."""
        narrow = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=narrow)
        return self

    def scheme(self, dark: bool) -> Self:
        """What its reader likes: dark or light."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        return self

    def open(self, path: Path) -> Self:
        """Load a file, and wait until all of it is there."""
        self.call("Page.navigate", url=path.resolve().as_uri())
        self._browser.wait("Page.loadEventFired", self._session)
        return self

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is on the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, *keys: str) -> Self:
        """Press keys as a person does, one after the other."""
        for key in keys:
            words = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
            code = CODES.get(key, ord(key[0]))
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **words)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)
        self.value("new Promise(done => setTimeout(done, 50))")  # what a key sets off comes a little later
        return self

    def events(self, method: str) -> list[dict[str, Any]]:
        """What it has told of one kind."""
        of_page = [event for event in self._browser.events if event.get("sessionId") == self._session]
        return [event["params"] for event in of_page if event["method"] == method]

    def complaints(self) -> list[Any]:
        """Errors and warnings of its console, and what it threw."""
        said = [event["args"] for event in self.events("Runtime.consoleAPICalled")]
        logged = [event["entry"] for event in self.events("Log.entryAdded")]
        return [*said, *logged, *self.events("Runtime.exceptionThrown")]

    def requests(self) -> list[str]:
        """The addresses it asked for, but for data that stand in the page itself."""
        asked = [event["request"]["url"] for event in self.events("Network.requestWillBeSent")]
        return [url for url in asked if not url.startswith("data:")]

    def screenshot(self, path: Path) -> None:
        """What it shows, as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
