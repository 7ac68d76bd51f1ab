"""The engine is away, comes back, answers with errors, garbage, half a line, or nothing: no exit, no gap, and right at the end."""

import signal

from agent import Agent
from cases import DROP, PASS, case, check
from lab import Lab, wait_until
from relay import Relay
from shop import ENGINE_AWAY, WEB, is_right, judge, open_shop



def _alive(context, agent, when):
    status = agent.process.poll()
    context.report(f"{when}: it runs", None if status is None else f"ended with {status}\n{agent.tail()}")


def _through_faults(context, lab, agent, relay):
    """While the engine cannot be understood, a container goes and another comes."""
    for number, mode in enumerate(("refuse", "error", "garbage", "half", "silent")):
        relay.set(mode)
        judge(context, lab, mode)
        name = f"born-{mode}"
        lab.container(name, nets=["front"], rules=WEB, ports=[f"{8410 + number}:80"])
        lab.start(name)
        lab.restart("web")
        _alive(context, agent, mode)
        relay.set("pass")
        wait_until("rules for a container that started meanwhile",
                   lambda: not any(fault for _, fault in check(lab, [case("", f"{name} -> db:5432/tcp", PASS)])), seconds=15)
        judge(context, lab, f"after {mode}", [
            case("one that started meanwhile", f"{name} -> db:80/tcp", DROP),
            case("its published port", f"outside -> pub:{8410 + number}/tcp ={name}", PASS),
        ], settling=True)
        lab.remove(name)


def _cut_often(context, lab, agent, relay):
    for _ in range(20):
        relay.cut()
        lab.rename("free", "freed")
        lab.rename("freed", "free")
    _alive(context, agent, "the stream is cut 20 times")
    lab.restart("web")
    wait_until("right again", lambda: is_right(lab), seconds=15)
    judge(context, lab, "after 20 cuts")


def _engine_restarts(context, lab, agent):
    lab.restart_engine()
    lab.start_all(["db", "web", "free"])
    wait_until("right again", lambda: is_right(lab), seconds=15)
    judge(context, lab, "the engine was restarted")
    _alive(context, agent, "the engine was restarted")


def _boot(context, lab, agent, relay):
    """As after a boot: the kernel knows nothing, the engine is away. The last known rules are in force at once."""
    agent.stop()
    lab.run("host", ["nft", "delete", "table", "inet", "whalewall"])
    relay.set("silent")
    mark = agent.mark()
    agent.start(wait=0)
    agent.wait_line("the last known rules are in force", mark, 10)
    judge(context, lab, "boot without an engine")
    relay.set("pass")
    agent.wait_line("ready", mark, 15)
    judge(context, lab, "boot, the engine came later")


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        open_shop(lab)
        relay = Relay(lab.dir / "relay.sock", lab.socket)
        relay.set("refuse")
        agent = Agent(lab, context.agent, args=["-t", "1s"], env={"DOCKER_HOST": f"unix://{relay.path}"})
        try:
            agent.start(wait=0)
            wait_until("the agent says that no engine answers", lambda: len(agent.lines()) > 1, seconds=10)
            _alive(context, agent, "no engine answers at the start")
            mark = agent.mark()
            relay.set("pass")
            agent.wait_line("ready", mark, 15)
            judge(context, lab, "the engine came later")
            _through_faults(context, lab, agent, relay)
            _cut_often(context, lab, agent, relay)
            _engine_restarts(context, lab, agent)
            _boot(context, lab, agent, relay)
            agent.process.send_signal(signal.SIGHUP)
            _alive(context, agent, "SIGHUP")
            agent.stop()
            context.report("the agent's log and exit", "\n".join(agent.faults(ENGINE_AWAY)) or None)
        finally:
            agent.kill()
            relay.close()
