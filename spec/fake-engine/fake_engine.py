#!/usr/bin/env python3
"""A pretended Docker engine, for faults and for many containers.

    fake_engine.py --listen unix:///run/fake.sock [--containers 1000] [--per-network 50] [--unmanaged]
                   [--recordings DIR] [--tls DIR] [--client-certificates]

Prints "ready <address>" when it listens (tcp://127.0.0.1:0 takes a free port). --tls DIR: server.pem, server-key.pem and
ca.pem. It is told what to do by POST with JSON on the same address:

    /fake/reset                                  an empty engine
    /fake/load      {"folder": DIR}              the answers of spec/recordings/<engine>
    /fake/populate  {"containers": N, "per_network": 50, "managed": true}
    /fake/do        [["start", ID], …]           methods of Engine by name; the answer has their results
    /fake/storm     {"seed": 1, "steps": 50, "shuffle": false}
    /fake/delay     {"seed": 1, "most_ms": 5}    answers are taken when asked for, and sent after a random time
    /fake/faults    [{"match": REGEX, "kind": KIND, "times": N, …}]   see Fault
    /fake/send      {"text": "…"}                raw bytes to every stream of events
    /fake/drop                                   end all streams of events
    /fake/log                                    the requests since the last /fake/log
"""

import argparse
import json
import os
import random
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

from engine import Engine


class Fault:
    """What happens to a request whose path matches, the first `times` times (default: always).

    status: answers `status`. garbage: 200 with `text`. silence: reads the request and says nothing. slow: answers after `ms`.
    reset: half an answer, then a connection reset. close: closes without a word. huge: `bytes` of blanks as the answer.
    """

    def __init__(self, spec):
        self.match = re.compile(spec["match"])
        self.kind = spec["kind"]
        self.left = spec.get("times", 1 << 60)
        self.spec = spec

    def takes(self, path):
        if self.left <= 0 or not self.match.search(path):
            return False
        self.left -= 1
        return True


class Server:
    def __init__(self, engine):
        self.engine = engine
        self.faults = []
        self.log = []
        self.rng = random.Random(0)
        self.most_ms = 0
        self.lock = threading.Lock()

    def serve(self, listener, context):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.connection, args=(connection, context), daemon=True).start()

    def connection(self, connection, context):
        try:
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            file = connection.makefile("rb")
            while self.request(connection, file):
                pass
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def request(self, connection, file):
        """One request; False when the connection is over."""
        line = file.readline(65536).decode("latin-1").split()
        if len(line) < 2:
            return False
        length = 0
        while True:
            head = file.readline(65536).strip().lower()
            if not head:
                break
            if head.startswith(b"content-length:"):
                length = int(head.split(b":")[1])
        body = file.read(length) if length else b""
        if line[0] == "POST":
            return self.control(connection, line[1], body)
        return self.get(connection, line[1])

    @staticmethod
    def reply(connection, status, body):
        head = "HTTP/1.1 %d Said\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        connection.sendall(head.encode() + body)
        return True

    def get(self, connection, target):
        url = urllib.parse.urlsplit(target)
        path = re.sub(r"^/v[0-9.]+(?=/)", "", url.path)
        with self.lock:
            self.log.append(target)
            fault = next((f for f in self.faults if f.takes(target)), None)
            wait = self.rng.random() * self.most_ms / 1000
        if fault:
            return self.fail(connection, path, fault)
        if path == "/events":
            return self.events(connection, urllib.parse.parse_qs(url.query))
        body = self.engine.answer(path)
        if wait:
            time.sleep(wait)
        if body is None:
            return self.reply(connection, 404, b'{"message":"no such thing"}')
        return self.reply(connection, 200, body)

    def fail(self, connection, path, fault):
        spec = fault.spec
        if fault.kind == "status":
            return self.reply(connection, spec["status"], b'{"message":"told to fail"}')
        if fault.kind == "garbage":
            return self.reply(connection, 200, spec.get("text", "{nonsense").encode())
        if fault.kind == "slow":
            body = self.engine.answer(path) or b"{}"
            time.sleep(spec["ms"] / 1000)
            return self.reply(connection, 200, body)
        if fault.kind == "silence":
            time.sleep(spec.get("ms", 60000) / 1000)
        elif fault.kind == "reset":
            body = self.engine.answer(path) or b"{}"
            head = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
            connection.sendall(head.encode() + body[: len(body) // 2])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault.kind == "huge":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % spec["bytes"])
            for _ in range(spec["bytes"] // 65536):
                connection.sendall(b" " * 65536)
        return False

    def events(self, connection, query):
        since = None
        if "since" in query:
            seconds, _, nanos = query["since"][0].partition(".")
            since = int(seconds) * 10**9 + int((nanos + "000000000")[:9])
        stream = self.engine.subscribe(since)
        try:
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            while True:
                line = stream.get()
                if line is None:
                    connection.sendall(b"0\r\n\r\n")
                    return False
                data = line if isinstance(line, bytes) else line.encode() + b"\n"
                connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))
        finally:
            self.engine.unsubscribe(stream)

    def control(self, connection, path, body):
        args = json.loads(body) if body else {}
        result = {}
        if path == "/fake/reset":
            self.engine.reset()
        elif path == "/fake/load":
            self.engine.load(args["folder"])
        elif path == "/fake/populate":
            self.engine.populate(args["containers"], args.get("per_network", 50), args.get("managed", True))
        elif path == "/fake/do":
            result = [getattr(self.engine, step[0])(*step[1:]) for step in args]
        elif path == "/fake/storm":
            self.engine.storm(args["seed"], args["steps"], args.get("shuffle", False))
        elif path == "/fake/delay":
            with self.lock:
                self.rng = random.Random(args.get("seed", 0))
                self.most_ms = args["most_ms"]
        elif path == "/fake/faults":
            with self.lock:
                self.faults = [Fault(spec) for spec in args]
        elif path == "/fake/send":
            with self.engine.lock:
                for stream in self.engine.streams:
                    stream.put(args["text"].encode())
        elif path == "/fake/drop":
            self.engine.drop_streams()
        elif path == "/fake/log":
            with self.lock:
                result, self.log = self.log, []
        else:
            return self.reply(connection, 404, b"{}")
        return self.reply(connection, 200, json.dumps(result).encode())


def listen(address):
    if address.startswith("unix://"):
        path = address[len("unix://") :]
        if os.path.exists(path):
            os.unlink(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
    else:
        host, _, port = address[len("tcp://") :].rpartition(":")
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, int(port)))
        address = "tcp://%s:%d" % listener.getsockname()
    listener.listen(128)
    return listener, address


def tls_context(folder, client_certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/server.pem", folder + "/server-key.pem")
    if client_certificates:
        context.load_verify_locations(folder + "/ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def main():
    parser = argparse.ArgumentParser(description="A pretended Docker engine.")
    parser.add_argument("--listen", required=True)
    parser.add_argument("--containers", type=int, default=0)
    parser.add_argument("--per-network", type=int, default=50)
    parser.add_argument("--unmanaged", action="store_true")
    parser.add_argument("--recordings")
    parser.add_argument("--tls")
    parser.add_argument("--client-certificates", action="store_true")
    args = parser.parse_args()
    engine = Engine()
    if args.recordings:
        engine.load(args.recordings)
    engine.populate(args.containers, args.per_network, not args.unmanaged)
    context = tls_context(args.tls, args.client_certificates) if args.tls else None
    listener, address = listen(args.listen)
    print("ready", address, flush=True)
    Server(engine).serve(listener, context)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
