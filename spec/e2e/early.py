"""What the suites of early starts share: a lab with sinks and floods, the program behind a relay, and how much is tried."""

import contextlib
import os
import subprocess

from agent import Agent
from floods import Floods
from lab import IMAGE, Lab
from relay import Relay
from starts import Starts

FULL = bool(os.environ.get("WW_FULL"))


def some(few, many):
    """How many: in daily runs, and in full ones."""
    return many if FULL else few


def figures(text):
    print(f"  figures {text}", flush=True)


def flooder(floods, name, net, targets=None, labels=None, **options):
    """A container that counts what reaches it (and sends, if it has targets), running."""
    lab = floods.lab
    body = {"Image": IMAGE, "Cmd": floods.command(name, targets or {}, **options), "StopSignal": "SIGKILL",
            "Labels": labels or {}, "HostConfig": {"NetworkMode": net, "Binds": floods.binds}}
    lab.engine.post("/containers/create", body, name=name)
    lab.start(name)


@contextlib.contextmanager
def world(context, net):
    """(lab, Starts on that network). A user-defined one is guarded, because a managed container is configured for it."""
    with Lab(probe=context.probe) as lab:
        if net != "bridge":
            lab.network(net)
            lab.container("keeper", nets=[net], enabled="true")
        floods = Floods(lab)
        flooder(floods, "srv", net)
        for node in ("outside", "host"):
            floods.sink(node)
        starts = Starts(floods, net, "srv")
        starts.flood_inwards()
        yield lab, starts


def control(context, lab, starts):
    """The proof that a suite can find what it looks for: without the guard, and the program hears of no container before all have sent.
    However slow or quick the machine is, that is too late."""
    with delayed_agent(context, lab, 0, "-guard", "off", "-t", "120s") as agent:
        agent.relay.hold()
        judge(context, starts.go(4, 4, "guard off, deaf until all have sent", mac=True), leaks=True)
        agent.relay.release()


@contextlib.contextmanager
def delayed_agent(context, lab, delay, *args):
    """The program; the engine's words reach it `delay` seconds late."""
    relay = Relay(lab.dir / "relay.sock", lab.socket)
    relay.delay = delay
    agent = Agent(lab, context.agent, args=args, env={"DOCKER_HOST": f"unix://{relay.path}"})
    agent.relay = relay
    try:
        agent.start()
        yield agent
        agent.stop()
        context.report(f"{delay * 1000:.0f} ms late: the log and exit", "\n".join(agent.faults()) or None)
    finally:
        if agent.process.poll() is None:
            agent.kill()
        relay.close()
        os.unlink(relay.path)


@contextlib.contextmanager
def busy():
    """A loop that does nothing on every core."""
    loops = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def judge(context, result, leaks=False):
    """leaks: it must find some."""
    figures(result.figures)
    if leaks:
        context.report(f"{result.label}: finds leaks", None if result.arrived else "none were found")
    else:
        context.report(f"{result.label}: nothing arrives", result.fault())
