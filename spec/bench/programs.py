"""The programs that are measured, and those that measure: the agent, the pretended engine, the one that watches."""

import contextlib
import datetime
import http.client
import json
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 120  # seconds, for whatever should take less than one


class Program:
    """A process with lines on its stdout; ended by SIGTERM, and by SIGKILL if that does not help."""

    def __init__(self, argv, **kw):
        self.process = subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, text=True, **kw)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def line(self):
        text = self.process.stdout.readline()
        if not text:
            raise RuntimeError(f"{self.process.args[0]} ended")
        return text.strip()


class Engine(Program):
    def __init__(self, folder, containers, rules=0, unmanaged=0, apart=False, peer=None):
        self.path = str(folder / "engine.sock")
        super().__init__(
            [sys.executable, HERE / "bench_engine.py", "--listen", f"unix://{self.path}", "--containers", containers]
            + ["--rules", rules, "--unmanaged", unmanaged, *(["--apart"] if apart else []), *(["--peer", peer] if peer else [])]
        )
        self.line()

    def do(self, method, *args):
        connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        connection.request("POST", "/fake/do", json.dumps([[method, *args]]))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer[0]


class Watcher(Program):
    """`wwbench watch` of a namespace."""

    def __init__(self, wwbench, space):
        super().__init__([wwbench, "watch", space.path], stdin=subprocess.PIPE)

    def arm(self, address, present):
        self.process.stdin.write(f"{address} {'yes' if present else 'no'}\n")
        self.process.stdin.flush()
        self.line()

    def seen(self):
        return int(self.line())


def _unix_ns(text):
    """RFC 3339 with nanoseconds."""
    m = re.fullmatch(r"(.*T\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    seconds = datetime.datetime.fromisoformat(m.group(1) + m.group(3).replace("Z", "+00:00")).timestamp()
    return int(seconds) * 10**9 + int((m.group(2) or "0").ljust(9, "0")[:9])


class Agent(Program):
    """whalewall in the namespace, against the engine. The log is read in a thread, so that the program never waits."""

    def __init__(self, program, space, engine, data_dir):
        self.lines = queue.SimpleQueue()
        env = {**os.environ, "DOCKER_HOST": f"unix://{engine.path}"}
        argv = space.enter(program, "-debug", "-d", data_dir)
        self.started = time.time_ns()
        super().__init__(argv, env=env)
        threading.Thread(target=self._read, daemon=True).start()
        self.log = []

    def _read(self):
        try:
            for line in self.process.stdout:
                self.lines.put(json.loads(line))
        except ValueError:
            pass
        self.lines.put(None)

    def wait_for(self, message, seconds=PATIENCE):
        """The next line of the log with this message."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.001, deadline - time.monotonic()))
            except queue.Empty:
                raise RuntimeError(f"the program does not say '{message}'; last: {self.log[-3:]}") from None
            if line is None:
                raise RuntimeError(f"the program ended; last: {self.log[-3:]}")
            self.log.append(line)
            if line["msg"] == message:
                return line

    def drain(self):
        """All lines so far."""
        lines = []
        while not self.lines.empty():
            lines.append(self.lines.get())
        return lines

    def ready_after(self):
        """Seconds from just before it was started to the time in its log line `ready`."""
        return (_unix_ns(self.wait_for("ready")["time"]) - self.started) / 1e9

    def pids(self):
        """It and all that came from it; some of these come and go."""
        found = [self.pid]
        for pid in found:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    found += [int(p) for p in (task / "children").read_text().split()]
        return found

    def _texts(self, name):
        """That file of each of them in /proc."""
        for pid in self.pids():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                yield pathlib.Path(f"/proc/{pid}/{name}").read_text()

    def memory(self):
        """{"pss", "private"} in MB, of all its processes."""
        total = {"Pss": 0, "Private_Clean": 0, "Private_Dirty": 0}
        for text in self._texts("smaps_rollup"):
            for line in text.splitlines()[1:]:
                key, value = line.split()[:2]
                if key[:-1] in total:
                    total[key[:-1]] += int(value) / 1024
        return {"pss": total["Pss"], "private": total["Private_Clean"] + total["Private_Dirty"]}

    def cpu(self):
        """Seconds of processor time so far, children that have ended included."""
        ticks = os.sysconf("SC_CLK_TCK")
        fields = [text.rsplit(")", 1)[1].split() for text in self._texts("stat")]
        return sum(int(f[i]) for f in fields for i in (11, 12, 13, 14)) / ticks

    def switches(self):
        """Context switches so far, of all threads."""
        total = 0
        for pid in self.pids():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                text = (task / "status").read_text()
                total += sum(int(n) for n in re.findall(r"ctxt_switches:\s*(\d+)", text))
        return total
