"""A few calls of the Docker API over its Unix socket. Every failure is an EngineError with the engine's own words."""

import http.client
import json
import socket
import time
import urllib.parse


class EngineError(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class _Connection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """Each call opens its own connection, so that threads can share one Engine. However slow the engine is (fifty starts at once
    take as long as it takes), an answer is waited for: the test's own time ends it."""

    def __init__(self, path, timeout=600):
        self.path = path
        self.timeout = timeout

    def call(self, method, path, body=None, raw=None, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        headers = {"Content-Type": "application/x-tar" if raw else "application/json"}
        data = raw if raw is not None else (json.dumps(body) if body is not None else None)
        connection = _Connection(self.path, self.timeout)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status >= 400:
            raise EngineError(answer.status, text.strip())
        try:
            return json.loads(text) if text else None
        except ValueError:
            return text

    def get(self, path, **query):
        return self.call("GET", path, **query)

    def post(self, path, body=None, **query):
        return self.call("POST", path, body, **query)

    def delete(self, path, **query):
        return self.call("DELETE", path, **query)

    def events(self, since):
        """What it has said since then (seconds of the epoch) until now."""
        text = self.call("GET", "/events", since=f"{since:.3f}", until=f"{time.time():.3f}")
        return [text] if isinstance(text, dict) else [json.loads(line) for line in (text or "").splitlines()]

    def import_image(self, tar, name, labels=None):
        """An image of one layer, with labels if given (as LABEL in a Dockerfile would set them)."""
        changes = [("changes", f'LABEL {key}={json.dumps(value)}') for key, value in (labels or {}).items()]
        query = urllib.parse.urlencode([("fromSrc", "-"), ("repo", name)] + changes)
        self.call("POST", f"/images/create?{query}", raw=tar)
