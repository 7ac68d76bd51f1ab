"""A headless browser, spoken to over a pipe (the Chrome DevTools Protocol): one page at a time, without a network."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile

NAMES = ("chromium-headless-shell", "chromium")


class BrowserError(Exception):
    pass


def find():
    """The program, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """
    with Browser() as browser:
        browser.open(path)                        # of a file; the size of the window is that of a phone
        browser.value("document.title")           # JavaScript in, a value out
        browser.key("Tab")
        browser.requests                          # all addresses that the page has asked for
    """

    def __init__(self):
        self.requests = []
        self.errors = []
        self._next = 0
        self._session = None
        self._folder = None
        self._buffer = b""

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="ww-page-")
        commands, self._in = self._pipe()
        self._out, answers = self._pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={self._folder}",
                   "about:blank"]
        # It reads commands at 3 and answers at 4; in a network namespace of its own, with nothing in it.
        line = f'exec unshare --net "$@" 3<&{commands} 4>&{answers}'
        self._process = subprocess.Popen(["bash", "-c", line, "browser", find(), *options], pass_fds=(commands, answers),
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         env={**os.environ, "HOME": self._folder})
        os.close(commands)
        os.close(answers)
        targets = self._call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        os.close(self._in)
        os.close(self._out)
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @staticmethod
    def _pipe():
        """Both ends away from the numbers that the browser uses."""
        ends = os.pipe()
        moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
        for end in ends:
            os.close(end)
        return moved

    def _read(self):
        while b"\0" not in self._buffer:
            data = os.read(self._out, 1 << 16)
            if not data:
                raise BrowserError("the browser has ended")
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, message):
        method, given = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(given["exceptionDetails"].get("text")))
        elif method == "Log.entryAdded" and given["entry"]["level"] == "error":
            self.errors.append(given["entry"]["text"])
        return method

    def _call(self, method, **params):
        self._next += 1
        message = {"id": self._next, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._in, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            self._note(answer)
            if answer.get("id") == self._next:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, path, width=360, height=740):
        self.requests.clear()
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
        self._call("Page.navigate", url=f"file://{path}")
        while self._note(self._read()) != "Page.loadEventFired":
            pass

    def value(self, expression):
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def key(self, name, code=0, text=""):
        for kind in ("keyDown", "keyUp"):
            given = {"text": text} if text and kind == "keyDown" else {}
            self._call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **given)
