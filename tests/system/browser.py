"""A person's browser: headless Chromium, told what to do over its DevTools protocol."""

import base64
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import websocket
from stack import wait_for

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
         "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars", "--ignore-certificate-errors", "--remote-debugging-port=0",
         # nothing of a page comes from elsewhere, and what does is not waited for
         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]


class Navigated(Exception):
    """The page that was asked has made room for another."""


class Browser:
    """One page. What goes to `stop_at` is not loaded but remembered: there the app takes over from the web view."""

    def __init__(self, stop_at=None, width=390, height=844, dark=False, language="en-US"):
        self._dir = Path(tempfile.mkdtemp(prefix="openes-browser-"))
        self._log = open(self._dir / "log", "wb")
        self._popen = subprocess.Popen(["chromium", *FLAGS, f"--user-data-dir={self._dir / 'profile'}", "about:blank"], stdin=subprocess.DEVNULL,
                                       stdout=self._log, stderr=self._log)
        self.taken, self.requests, self.console = None, [], []
        self._stop_at, self._next, self._socket = stop_at, 0, None
        try:
            self._connect(width, height, dark, language)
        except BaseException:
            self.close()
            raise

    def _connect(self, width, height, dark, language):
        port_file = self._dir / "profile/DevToolsActivePort"
        wait_for(lambda: port_file.exists() and len(port_file.read_text().split()) == 2, 60, "Chromium listens")
        port, path = port_file.read_text().split()
        browser = websocket.create_connection(f"ws://127.0.0.1:{port}{path}", timeout=30, suppress_origin=True)
        browser.send(json.dumps({"id": 1, "method": "Target.getTargets"}))
        targets = json.loads(browser.recv())["result"]["targetInfos"]
        browser.close()
        page = next(t["targetId"] for t in targets if t["type"] == "page")
        self._socket = websocket.create_connection(f"ws://127.0.0.1:{port}/devtools/page/{page}", timeout=30, suppress_origin=True)
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        if self._stop_at:
            self.call("Fetch.enable", patterns=[{"urlPattern": self._stop_at.replace("?", "\\?") + "*"}])

    def close(self):
        if self._socket:
            self._socket.close()
        self._popen.terminate()
        self._popen.wait(30)
        self._log.close()
        shutil.rmtree(self._dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- the protocol ---

    def _heard(self, message):
        method, given = message.get("method"), message.get("params", {})
        if method == "Fetch.requestPaused":
            self.taken = given["request"]["url"]
            self._send("Fetch.failRequest", requestId=given["requestId"], errorReason="Aborted")
        elif method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Log.entryAdded":
            self.console.append(given["entry"].get("text", "") + " " + given["entry"].get("url", ""))

    def _send(self, method, **params):
        self._next += 1
        self._socket.send(json.dumps({"id": self._next, "method": method, "params": params}))
        return self._next

    def call(self, method, **params):
        wanted = self._send(method, **params)
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == wanted:
                if "navigated or closed" in message.get("error", {}).get("message", ""):
                    raise Navigated
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self._heard(message)

    # --- what a person does ---

    def open(self, url):
        self.call("Page.navigate", url=url)
        return self.settle()

    def run(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, f"{script}: {result['exceptionDetails']}"
        return result["result"].get("value")

    def holds(self, script):
        """False as well while one page gives way to the next."""
        try:
            return self.run(script)
        except Navigated:
            return False

    def settle(self):
        """Until the page is there, or the app has taken over."""
        def is_there():
            return self.taken is not None or self.holds("document.readyState == 'complete'")
        wait_for(is_there, 60, "the page")
        return self

    def wait(self, script, what):
        wait_for(lambda: self.taken is not None or self.holds(script), 60, what)
        return self

    def type(self, text):
        """Key by key into what has the focus."""
        for key in text:
            self.call("Input.insertText", text=key)
        return self

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))
        return self

    def enter(self):
        """Submits by keyboard; the old page is marked, so that the new one is known."""
        self.run("document.documentElement.dataset.old = '1'")
        self.press("Enter", 13)
        return self.wait("document.readyState == 'complete' && !document.documentElement.dataset.old", "the next page")

    def click(self, selector):
        self.run("document.documentElement.dataset.old = '1'")
        self.holds(f"document.querySelector({json.dumps(selector)}).click()")
        return self.wait("document.readyState == 'complete' && !document.documentElement.dataset.old", "the next page")

    def screenshot(self, path):
        Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
