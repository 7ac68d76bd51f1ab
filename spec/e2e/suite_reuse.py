"""An address changes hands under traffic: not one packet of the first holder's flows reaches or leaves the second.

With the program running, and 200 ms late, always. While it is stopped or dead, where the endpoint was bound to its port of the
bridge; elsewhere what passes is counted, and ends when the program is back."""

import itertools
import signal

from cleanup import LabError, wait_until
from early import FULL, delayed_agent
from lab import Lab
from reuse import Reuse, grows, macs, tell

# what the second is: (labels, has the first one's name)
SECONDS = {
    "unmanaged": ({}, False),
    "managed with less": ({"whalewall.enabled": "true"}, False),
    "of the same name": ({"whalewall.enabled": "true"}, True),
}
MACS = ("equal", "different")
_round = itertools.count(1)


def _stop(agent, how):
    if how == "SIGSTOP":
        agent.process.send_signal(signal.SIGSTOP)
    elif how == "kill -9":
        agent.kill()


def _resume(agent, how):
    if how == "SIGSTOP":
        agent.process.send_signal(signal.SIGCONT)
    elif how == "kill -9":
        agent.start()


def _bound(lab, address):
    """Is that address bound to a port of its bridge?"""
    if "table bridge whalewall" not in lab.own_tables():
        return False
    return address in lab.run("host", ["nft", "list", "table", "bridge", "whalewall"])


def _take_over(context, reuse, agent, how, kind, mac):
    number = next(_round)
    first, second = f"a{number}", f"b{number}"
    labels, same_name = SECONDS[kind]
    label = f"{how}, the second {kind}, MAC {mac}"
    first_mac, second_mac = macs(mac)
    reuse.begin(first, first_mac)
    container = reuse.prepare(second, labels, second_mac, same_name)
    bound = _bound(reuse.lab, reuse.address4)
    _stop(agent, how)
    reuse.take_over(container, same_name)
    wait_until("the second one sends", lambda: (reuse.floods.tally(second).head() or (0, 0, 0))[2] > 1200, 20)
    args = (second, first, bool(labels))
    leaks = reuse.leaked(*args)
    running = how not in ("SIGSTOP", "kill -9")
    tell(label, leaks)
    if running or bound:
        context.report(f"{label}: nothing of the first one's", ", ".join(f"{n} {key}" for key, n in leaks.items()) or None)
    _resume(agent, how)
    if not running:
        _ends(context, label, reuse, args)
    reuse.end(first)


def _ends(context, label, reuse, args):
    """The program is back: within two seconds nothing passes any more."""
    try:
        wait_until("nothing passes", lambda: not grows(reuse, args), 2)
        context.report(f"{label}: ends when the program is back")
    except LabError:
        context.report(f"{label}: ends when the program is back", f"still passes: {grows(reuse, args)}")


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        reuse = Reuse(lab)
        for delay in (0, 0.2):
            with delayed_agent(context, lab, delay) as agent:
                for kind, mac in itertools.product(SECONDS, MACS):
                    if FULL or mac == "equal" and (delay or kind != "of the same name"):
                        _take_over(context, reuse, agent, f"{delay * 1000:.0f} ms late", kind, mac)
        with delayed_agent(context, lab, 0) as agent:
            for how, kind, mac in itertools.product(("SIGSTOP", "kill -9"), SECONDS, MACS):
                if FULL or (how == "kill -9") == (kind == "unmanaged") and kind != "of the same name":
                    _take_over(context, reuse, agent, how, kind, mac)
