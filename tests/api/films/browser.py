"""A headless Chromium, driven over its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

_START_S, _PATIENCE_S = 30, 20
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-extensions", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--mute-audio", "--lang=en-US"),
    *("--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0"),
    *("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",),
)


def require_chromium() -> str:
    """The program; a missing one fails in CI and skips elsewhere."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium; scripts/install-test-packages installs it")
        pytest.skip("there is no chromium")
    return found


class Tab:
    """A page of its own, and all that it has said and asked for."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())
        self.said: list[str] = []
        self.asked: list[str] = []

    async def begin(self) -> None:
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.call(f"{domain}.enable")

    async def close(self) -> None:
        self._reading.cancel()
        await self._socket.close()

    async def call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        return await asyncio.wait_for(answer, _PATIENCE_S)

    async def goto(self, url: str) -> None:
        await self.call("Page.navigate", url=url)
        await self.until(f"document.readyState === 'complete' && location.href === {url!r}")

    async def run(self, script: str) -> Any:
        """The value of an expression, awaited."""
        found = await self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in found:
            raise AssertionError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    async def until(self, script: str, patience_s: float = _PATIENCE_S) -> Any:
        """Wait until an expression is true; its value."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + patience_s
        while not (value := await self.run(script)):
            if loop.time() > ends:
                raise AssertionError(f"it never came: {script}\n{self.said[-20:]}")
            await asyncio.sleep(0.05)
        return value

    async def press(self, key: str, code: str = "") -> None:
        text = {"text": key} if len(key) == 1 else {}
        named = {"key": key, "code": code or (f"Key{key.upper()}" if key.isalpha() else key)}
        await self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    async def point(self, x: float, y: float, *, click: bool = False) -> None:
        at = {"x": x, "y": y, "button": "left" if click else "none", "clickCount": int(click)}
        await self.call("Input.dispatchMouseEvent", type="mouseMoved", **{**at, "button": "none"})
        for kind in ("mousePressed", "mouseReleased") if click else ():
            await self.call("Input.dispatchMouseEvent", type=kind, **at)

    async def click(self, selector: str) -> None:
        """Click in the middle of an element, where a person would."""
        box = await self.run(
            f"(() => {{const b = document.querySelector({selector!r}).getBoundingClientRect();"
            "return [b.left + b.width / 2, b.top + b.height / 2]})()"
        )
        await self.point(*box, click=True)

    async def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        await self.call("Emulation.setTouchEmulationEnabled", enabled=phone)

    async def speak(self, languages: str) -> None:
        """What the browser says that its user reads, as in `ru-RU,ru`."""
        agent = (await self.call("Browser.getVersion"))["userAgent"]
        await self.call("Network.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)

    async def picture(self, to: Path) -> None:
        shot = await self.call("Page.captureScreenshot", format="png")
        to.write_bytes(base64.b64decode(shot["data"]))

    async def _read(self) -> None:
        async for text in self._socket:
            told = json.loads(text)
            if "id" in told:
                self._settle(told)
            else:
                self._note(told["method"], told["params"])

    def _settle(self, told: dict[str, Any]) -> None:
        answer = self._waiting.pop(told["id"])
        if answer.done():
            return
        if "error" in told:
            answer.set_exception(AssertionError(str(told["error"])))
        else:
            answer.set_result(told["result"])

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.said.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.said.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.said.append(str([each.get("value") for each in params["args"]]))


class Browser:
    def __init__(self, root: ClientConnection, address: str) -> None:
        self._root = Tab(root)
        self._address = address

    @asynccontextmanager
    async def tab(self) -> AsyncIterator[Tab]:
        """A page in a context of its own: it knows of nothing that others have kept."""
        context = await self._root.call("Target.createBrowserContext")
        made = await self._root.call("Target.createTarget", url="about:blank", **context)
        base = self._address.rpartition("/devtools/")[0]
        async with connect(
            f"{base}/devtools/page/{made['targetId']}", max_size=None, close_timeout=1
        ) as socket:
            tab = Tab(socket)
            await tab.begin()
            try:
                yield tab
            finally:
                await tab.close()
                await self._root.call("Target.disposeBrowserContext", **context)

    async def close(self) -> None:
        with suppress(Exception):
            await self._root.call("Browser.close")
        await self._root.close()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser that reaches this machine's loopback and nothing else."""
    program = require_chromium()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            program,
            *_FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            address = await asyncio.wait_for(_address(process), _START_S)
            draining = asyncio.create_task(_drain(process))
            browser = Browser(await connect(address, max_size=None, close_timeout=1), address)
            try:
                yield browser
            finally:
                await browser.close()
                draining.cancel()
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        if found := re.search(rb"DevTools listening on (ws://\S+)", line):
            return found[1].decode()
    raise AssertionError("chromium ended while it started")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while await process.stderr.read(65_536):
        pass
