"""The program under test, run in the lab's host namespace, and what its log must look like."""

import json
import pathlib
import re
import signal
import subprocess

from lab import LabError, wait_until


def in_each_state(context, lab, judge):
    """judge("without") the program, "with" it at work, and "dead": killed, with all that it left in the kernel. Without a program the first only."""
    judge("without")
    if not context.agent:
        return
    with Agent(lab, context.agent) as agent:
        judge("with")
        agent.kill()
        judge("dead")


class Agent:
    """
    with Agent(lab, "/path/to/whalewall") as agent:    # waits for the line "ready"
        …
        agent.kill()                                   # kill -9; agent.start() again
        agent.stop()                                   # SIGTERM; the exit status must be 0
        agent.lines(msg="ready"), agent.wait_line("text of msg", since=mark), agent.mark()
    agent.faults(expected=[regex, …])                  # what must not be there: error lines, sanitizer reports, a bad exit
    """

    def __init__(self, lab, path, args=(), env=None, state="state"):
        self.lab = lab
        self.path = str(path)
        self.args = list(args)
        self.env = env or {}
        self.prefix = []  # words before the program's own
        self.dir = lab.dir / state
        self.log = lab.dir / f"{state}.log"
        self.stderr = lab.dir / f"{state}.stderr"
        self.process = None
        self.status = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def command(self, *args):
        environment = {"DOCKER_HOST": f"unix://{self.lab.socket}", "ASAN_OPTIONS": f"log_path={self.lab.dir}/asan",
                       "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={self.lab.dir}/asan", **self.env}
        return ["env", *[f"{key}={value}" for key, value in environment.items()], *self.prefix, self.path, *map(str, args)]

    def start(self, wait=60):
        """wait: seconds until it must have said "ready"; 0 to go on at once."""
        self.dir.mkdir(exist_ok=True)
        mark = self.mark()
        argv = self.command("-d", self.dir, "-l", self.log, *self.args)
        with open(self.stderr, "ab") as stderr:
            self.process = self.lab.popen("host", argv, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
        if wait:
            self.wait_line("ready", mark, wait)

    def run(self, *args):
        """Run it to its end, as with -clear: (exit status, output)."""
        child = self.lab.popen("host", self.command("-d", self.dir, *args), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output, _ = child.communicate(timeout=120)
        return child.returncode, output

    def ask(self):
        """What `whalewall status --json` says: (exit status, the object)."""
        child = self.lab.popen("host", self.command("status", "-d", self.dir, "--json"), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        output, _ = child.communicate(timeout=120)
        return child.returncode, json.loads(output)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=10):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.status = self.process.wait()

    def mark(self):
        """A place in the log, for wait_line and lines."""
        return self.log.stat().st_size if self.log.exists() else 0

    def lines(self, since=0, **fields):
        """The log lines (dicts) from that place on whose fields are equal to these."""
        if not self.log.exists():
            return []
        found = []
        for text in self.log.read_bytes()[since:].decode(errors="replace").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                line = {"level": "error", "msg": f"not JSON: {text}"}
            if all(line.get(key) == value for key, value in fields.items()):
                found.append(line)
        return found

    def wait_line(self, msg, since=0, seconds=30.0):
        def look():
            if self.process.poll() is not None:
                raise LabError(f"the agent has ended with status {self.process.returncode}\n{self.tail()}")
            return self.lines(since, msg=msg)
        try:
            return wait_until(f'log line "{msg}"', look, seconds)[0]
        except LabError as error:
            raise LabError(f"{error}\n{self.tail()}") from None

    def tail(self, count=30):
        parts = [self.stderr.read_text(errors="replace") if self.stderr.exists() else ""]
        parts += [p.read_text(errors="replace") for p in self._reports()]
        text = self.log.read_text(errors="replace") if self.log.exists() else "(no log)"
        parts.append("\n".join(text.splitlines()[-count:]))
        return "\n".join(part for part in parts if part)

    def _reports(self):
        return sorted(pathlib.Path(self.lab.dir).glob("asan.*"))

    def faults(self, expected=()):
        """A list of texts; empty when all is well. expected: regular expressions of error lines that belong to the test."""
        texts = [f"sanitizer report: {p.read_text(errors='replace')[:4000]}" for p in self._reports()]
        for line in self.lines(level="error"):
            text = json.dumps(line)
            if not any(re.search(pattern, text) for pattern in expected):
                texts.append(f"error line: {text}")
        if self.status not in (None, 0):
            texts.append(f"exit status {self.status}")
        return texts
