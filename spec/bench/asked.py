"""The program while it is asked: how long answers take, and how much later a container is that starts meanwhile."""

import contextlib
import http.client
import itertools
import socket
import threading
import time

from control import Measurement
from namespaces import Namespaces
from programs import Watcher

PAUSE_SECONDS = 0.05  # between one client's questions: a person, a monitoring, a script that looks again and again
CLIENTS = 4
QUESTIONS = {"status": "/v1/status", "explain": "/v1/explain?from={0}&to={1}&what=tcp/5432", "drops": "/v1/drops"}


class Connection(http.client.HTTPConnection):
    """To the control socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, question):
    """ms until the whole answer is there."""
    begin = time.monotonic_ns()
    connection = Connection(path)
    connection.request("GET", question)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{question}: {answer.status} {body[:200]}")
    return (time.monotonic_ns() - begin) / 1e6


class Clients:
    """Some that ask all the while, each its questions in turn."""

    def __init__(self, path, questions, took):
        self.path, self.questions, self.took = path, questions, took
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(CLIENTS)]

    def run(self, number):
        for what in itertools.islice(itertools.cycle(self.questions), number, None):
            if self.stop.wait(PAUSE_SECONDS):
                return
            self.took[what].append(ask(self.path, self.questions[what]))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def measure(tools, folder, containers, follows):
    """{"without", "with": [(ms, engine's ms)…] of starts, "took": {question: [ms…]}}."""
    result = {"containers": containers, "took": {what: [] for what in QUESTIONS}}
    with contextlib.ExitStack() as stack:
        bed = Measurement(tools, stack.enter_context(Namespaces()), folder, containers)
        stack.enter_context(bed.engine)
        directory = bed.fresh_dir("asked")
        agent = stack.enter_context(bed.agent(directory))
        watcher = stack.enter_context(Watcher(tools.wwbench, bed.space))
        agent.ready_after()
        time.sleep(1)
        names = [row[0] for row in bed.engine.do("addresses")]
        questions = {what: text.format(*names) for what, text in QUESTIONS.items()}
        bed.engine.do("spoken")
        found = {"without": {"start": [], "stop": [], "own": []}, "with": {"start": [], "stop": [], "own": []}}
        for _ in range(follows):
            bed.follow_one(agent, watcher, found["without"])
            with Clients(directory / "control.sock", questions, result["took"]):
                bed.follow_one(agent, watcher, found["with"])
        result.update({how: starts["start"] for how, starts in found.items()})
    return result
