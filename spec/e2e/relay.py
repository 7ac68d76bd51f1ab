"""Stands between the program and the engine's socket, and does to the bytes what faults do."""

import os
import queue
import socket
import threading
import time

MODES = ("pass", "refuse", "error", "garbage", "half", "silent")
ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n" \
        b'{"message":"broken"}'


class Relay:
    """
    relay = Relay(path, engine_path)   # a unix socket at `path`
    relay.mode = "garbage"             # for new connections; cut() ends those that are open
    relay.delay = 0.2                  # all that the engine says comes so many seconds later
    relay.hold()                       # the engine's words wait until relay.release(), however long that is
    relay.edit = change                # change(bytes) -> bytes, for all that the engine says; b"": it is lost
    """

    def __init__(self, path, engine):
        self.path = str(path)
        self.engine = str(engine)
        self.mode = "pass"
        self.delay = 0
        self.edit = None
        self._flowing = threading.Event()
        self._flowing.set()
        self._open = []
        self._lock = threading.Lock()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(self.path)
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self):
        self._flowing.clear()

    def release(self):
        self._flowing.set()

    def close(self):
        self._server.close()
        self.release()
        self.cut()

    def cut(self):
        """End all connections, in the middle of whatever they carry."""
        with self._lock:
            for end in self._open:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self._open.clear()

    def cut_after(self, seconds):
        """cut(), but what is on its way may still arrive."""
        threading.Timer(seconds + self.delay, self.cut).start()

    def set(self, mode):
        self.mode = mode
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                self._open.append(client)
            threading.Thread(target=self._serve, args=(client, self.mode), daemon=True).start()

    def _serve(self, client, mode):
        try:
            if mode == "pass":
                self._join(client)
            elif mode == "error":
                while client.recv(65536):
                    client.sendall(ERROR)
            elif mode == "garbage":
                client.recv(65536)
                client.sendall(os.urandom(4096))
            elif mode == "half":
                self._half(client)
            elif mode == "silent":
                while client.recv(65536):
                    pass
        except OSError:
            pass
        client.close()

    def _join(self, client):
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(self.engine)
        with self._lock:
            self._open.append(engine)
        back = threading.Thread(target=self._answer, args=(engine, client), daemon=True)
        back.start()
        _copy(client, engine)
        back.join()
        engine.close()

    def _answer(self, engine, client):
        """The engine's words, late or changed if so asked."""
        waiting = queue.SimpleQueue()
        late = threading.Thread(target=_deliver, args=(waiting, client, self._flowing), daemon=True)
        late.start()
        try:
            while data := engine.recv(65536):
                edit = self.edit
                data = edit(data) if edit else data
                if data:
                    waiting.put((time.monotonic() + self.delay, data))
        except OSError:
            pass
        waiting.put((time.monotonic() + self.delay, None))
        late.join()

    def _half(self, client):
        """The engine's own answer, cut in its middle."""
        request = client.recv(65536)
        engine = socket.socket(socket.AF_UNIX)
        engine.settimeout(0.3)
        engine.connect(self.engine)
        engine.sendall(request)
        answer = engine.recv(65536)
        engine.close()
        client.sendall(answer[:max(1, len(answer) * 2 // 3)])


def _deliver(waiting, target, flowing):
    """What waits, each when its time has come and while it flows; None is the end."""
    try:
        while True:
            due, data = waiting.get()
            time.sleep(max(0, due - time.monotonic()))
            flowing.wait()
            if data is None:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(data)
    except OSError:
        pass


def _copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
