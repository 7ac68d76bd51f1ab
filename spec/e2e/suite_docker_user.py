"""-docker-user: what the labels allow wins over Docker's own drops (icc=false), and nothing else does."""

from agent import Agent
from cases import DROP, PASS, case, check
from lab import Lab

SENDER = "output: [{network: bridge, container: srv, proto: tcp, dst_ports: [80]}]"
ALLOWED = [case("allowed by the labels", "web -> srv@bridge:80/tcp", PASS)]
DROPPED = [case("allowed by the labels, dropped by Docker", "web -> srv@bridge:80/tcp", DROP)]
ALWAYS = [
    case("not allowed", "web -> srv@bridge:81/tcp", DROP),
    case("not managed, dropped by Docker", "free -> srv@bridge:80/tcp", DROP),
    case("not managed, dropped by Docker", "free -> free2@bridge:80/tcp", DROP),
    case("not managed, to the world", "free -> outside:80/tcp", PASS),
]


def _check(context, lab, when, cases):
    for c, fault in check(lab, cases):
        context.report(f"{when}: {c.title}: {c.way}", fault)


def _docker_user(lab):
    return lab.run("host", ["iptables", "-w", "-S", "DOCKER-USER"])


def _same(context, lab, when, before):
    now = _docker_user(lab)
    context.report(f"{when}: DOCKER-USER is as it was", None if now == before else now)


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe, open_forward=False, engine_args=["--icc=false"]) as lab:
        lab.container("srv")
        lab.container("free")
        lab.container("free2")
        lab.container("web", rules=SENDER)
        lab.start_all(["srv", "free", "free2", "web"])
        before = _docker_user(lab)
        with Agent(lab, context.agent) as agent:
            _check(context, lab, "without the option", DROPPED + ALWAYS)
            _same(context, lab, "without the option", before)
            agent.stop()
        with Agent(lab, context.agent, args=["-docker-user"]) as agent:
            _check(context, lab, "with the option", ALLOWED + ALWAYS)
            context.report("iptables shows the rule", None if "0x10000000" in _docker_user(lab) else _docker_user(lab))
            agent.stop()
            agent.start()
            context.report("there is one such rule", None if _docker_user(lab).count("0x10000000/") == 1 else _docker_user(lab))
            agent.stop()
        with Agent(lab, context.agent) as agent:
            _check(context, lab, "without it again", DROPPED + ALWAYS)
            _same(context, lab, "without it again", before)
            agent.stop()
        with Agent(lab, context.agent, args=["-docker-user"]) as agent:
            agent.stop()
            status, output = agent.run("-clear")
            context.report("-clear ends well", None if status == 0 else output)
            _same(context, lab, "-clear", before)
            context.report("the agent's log and exit", "\n".join(agent.faults()) or None)
