"""While the program is stopped, dead, or just starting, a guarded network stays closed to containers that it has not judged."""

import concurrent.futures
import os
import signal
import threading
import time

from agent import Agent
from cleanup import wait_until
from early import figures, judge, some, world

NET = "front"


def _both(context, starts, label):
    judge(context, starts.go(some(2, 100), 1, f"{label}, one by one"))
    judge(context, starts.go(some(8, 100), 8, f"{label}, 8 at a time", mac=True))


def _wait_for_program(context, starts, label, resume):
    """Whoever is not judged yet has no network, managed or not, and has it soon after the program is back."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(starts.go, 2, 2, f"{label}, unmanaged", mac=True, managed=False)
        names = starts.wait_started(2)
        time.sleep(0.3)
        came = starts.arrived(names)
        context.report(f"{label}: an unmanaged one waits for the program", f"{sorted(came)} came through" if came else None)
        back = resume()
        result = waiting.result()
    arrived = starts.arrived(names)
    late = [(row.first_sent - back) / 1e6 for row in arrived.values()]
    never = [target for target, values in result.delays.items() if None in values]
    context.report(f"{label}: unmanaged ones can talk", f"not to {', '.join(never)}" if never else None)
    if late:
        figures(f"{label}: unmanaged ones talk {max(late):.0f} ms after the program is back, at most")
        context.report(f"{label}: … soon", f"after {max(late):.0f} ms" if max(late) > 2000 else None)


def _continue(agent):
    agent.process.send_signal(signal.SIGCONT)
    return time.monotonic_ns()


def _start(agent):
    """From when it is ready on."""
    agent.start()
    return time.monotonic_ns()


def _stopped(context, starts, agent):
    agent.process.send_signal(signal.SIGSTOP)
    _both(context, starts, "SIGSTOP")
    _wait_for_program(context, starts, "SIGSTOP", lambda: _continue(agent))
    judge(context, starts.go(some(2, 10), 2, "SIGCONT"))


def _killed(context, starts, agent):
    agent.kill()
    _both(context, starts, "kill -9")
    _wait_for_program(context, starts, "kill -9", lambda: _start(agent))
    judge(context, starts.go(some(2, 10), 2, "started again"))


def _ended(context, starts, agent):
    agent.stop()
    context.report("SIGTERM: exit status", f"{agent.status}" if agent.status else None)
    judge(context, starts.go(some(4, 50), 4, "SIGTERM, 4 at a time", mac=True))


def _kept(context, lab, starts, agent):
    """Its last managed container is gone, and the next one is made while the program is dead, or after a boot that it missed."""
    agent.start()
    lab.remove("keeper")
    wait_until("no container there is managed", lambda: _guard(agent)["guard"] == "kept", 5)
    context.report("kept: the network is guarded", None if _guard(agent)["guarded"] else "it is not")
    agent.kill()
    judge(context, starts.go(some(4, 50), 4, "kept, kill -9", mac=True))
    agent.start()
    context.report("kept: … after a start, too", None if _guard(agent)["guarded"] else "it is not")
    agent.stop()
    judge(context, starts.go(some(2, 50), 2, "kept, SIGTERM", mac=True))


def _guard(agent):
    status = agent.ask()[1]
    return next(network for network in status["networks"] if network["name"] == NET)


def _starting(context, starts, agent):
    """Killed and started over and over while containers start."""
    agent.kill()
    over = threading.Event()

    def restart():
        while not over.is_set():
            agent.start(wait=0)
            time.sleep(0.3)
            os.kill(agent.process.pid, signal.SIGKILL)
            agent.process.wait()

    restarts = threading.Thread(target=restart)
    restarts.start()
    try:
        _both(context, starts, "just starting")
    finally:
        over.set()
        restarts.join()
    agent.start()


def run(context):
    if not context.agent:
        return
    with world(context, NET) as (lab, starts), Agent(lab, context.agent) as agent:
        _stopped(context, starts, agent)
        _killed(context, starts, agent)
        _starting(context, starts, agent)
        _ended(context, starts, agent)
        _kept(context, lab, starts, agent)
        for fault in agent.faults() or [None]:
            context.report("the log and exit", fault)
