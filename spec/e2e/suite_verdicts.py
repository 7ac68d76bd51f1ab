"""log_prefix, verdict.chain and the queues: on real packets where this kernel can, with a clear quarantine where it cannot."""

import re

from agent import Agent
from cases import DROP, PASS, case, check
from lab import Lab, wait_until

CHAINED = "mapped_ports: {external: {allow: true, verdict: {chain: site}}}"
SENDER = ("output: [{network: front, container: srv, proto: tcp, dst_ports: [80], verdict: {chain: site}},"
          " {network: front, container: srv, proto: tcp, dst_ports: [81]}]")
NEXT = ("output: [{network: front, ips: [0.0.0.0/0], proto: tcp, dst_ports: [80], verdict: {chain: through}},"
        " {network: front, container: srv, proto: tcp, dst_ports: [80-81]}]")
LOGGED = "mapped_ports: {external: {allow: true, log_prefix: 'seen'}}\noutput: [{log_prefix: 'dns: ', proto: udp, dst_ports: [53]}]"
QUEUED = "mapped_ports: {external: {allow: true, verdict: {queue: 1000}}}"
SHARED = ["-shared-table"]
EXPECTED = ["quarantined", "container closed: its last known rules", "engine is away"]


def _check(context, lab, when, cases, settling=True):
    for c, fault in check(lab, cases, settling=settling):
        context.report(f"{when}: {c.title}: {c.way}", fault)


def _nft(lab, text):
    lab.run("host", ["nft", text])


def _chains(context, lab, agent):
    closed = [case("closed while its chain is missing", "outside -> pub:8400/tcp =chained", DROP),
              case("… in IPv6, too", "outside -> pub:8400/tcp6 =chained", DROP),
              case("closed while its chain is missing", "sender -> srv:80/tcp", DROP),
              case("other containers go on", "outside -> pub:8401/tcp =logged", PASS)]
    _check(context, lab, "no chain", closed)
    errors = [line["error"] for line in agent.lines(level="error") if line.get("container.name") == "chained"]
    context.report("the error names the chain", None if any("site" in text for text in errors) else str(errors))
    _nft(lab, "add chain inet whalewall site")
    _nft(lab, "add rule inet whalewall site counter accept")
    _nft(lab, "add chain inet whalewall through")
    _check(context, lab, "the chain appears", [
        case("mended by itself", "outside -> pub:8400/tcp =chained", PASS),
        case("mended by itself", "outside -> pub:8400/tcp6 =chained", PASS),
        case("mended by itself", "sender -> srv:80/tcp", PASS),
        case("the next rule", "sender -> srv:81/tcp", PASS),
        case("… only", "sender -> srv:82/tcp", DROP),
        case("what returns from the chain goes on with the next rule", "next -> srv:80/tcp", PASS),
        case("… which leads to no other container", "next -> free:80/tcp", DROP),
    ])
    _nft(lab, "flush chain inet whalewall site")
    _nft(lab, "add rule inet whalewall site drop")
    _check(context, lab, "the chain drops", [
        case("dropped by the chain", "outside -> pub:8400/tcp =chained", DROP),
        case("dropped by the chain", "sender -> srv:80/tcp", DROP),
        case("not under the chain", "sender -> srv:81/tcp", PASS),
    ])
    _nft(lab, "flush chain inet whalewall site")
    _check(context, lab, "the chain returns", [
        case("dropped in the end", "outside -> pub:8400/tcp =chained", DROP),
        case("dropped in the end", "sender -> srv:80/tcp", DROP),
    ])


def _logs(context, lab):
    text = lab.run("host", ["nft", "list", "table", "inet", "whalewall"])
    for prefix in ("whalewall-logged-{id} seen: ", "whalewall-logged-{id} dns: "):
        wanted = prefix.format(id=lab.inspect("logged")["Id"][:12])
        context.report(f"the rule logs with '{prefix}'", None if f'log prefix "{wanted}"' in text else text)


def _queues(context, lab, agent):
    """This kernel may have nfqueue, or not: what the log says must be what is the case."""
    lines = [line for line in agent.lines(level="error") if line.get("container.name") == "queued"]
    if lines:
        text = lines[0]["error"]
        context.report("the error says what the kernel lacks", None if re.search("nfqueue|NFT_QUEUE", text) else text)
    _check(context, lab, "queue without a listener", [case("closed", "outside -> pub:8402/tcp =queued", DROP),
                                                      case("closed", "queued -> srv:80/tcp6", DROP)], settling=False)


def _boot(context, lab):
    """After a boot, without an engine: whose chain is not there yet is closed, the others' last known rules are in force."""
    lab.run("host", ["nft", "delete", "table", "inet", "whalewall"])
    agent = Agent(lab, context.agent, args=SHARED, env={"DOCKER_HOST": f"unix://{lab.dir}/no-engine.sock"})
    mark = agent.mark()
    agent.start(wait=0)
    agent.wait_line("the last known rules are in force", mark, 10)
    _check(context, lab, "boot", [
        case("its published port", "outside -> pub:8401/tcp =logged", PASS),
        case("… only", "logged -> outside:80/udp", DROP),
        case("its chain is missing", "outside -> pub:8400/tcp =chained", DROP),
        case("its chain is missing", "sender -> srv:80/tcp", DROP),
        case("… and it is closed", "sender -> srv:81/tcp", DROP),
        case("not managed", "free -> outside:80/tcp", PASS),
    ], settling=False)
    agent.stop()


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.container("srv", nets=["front"])
        lab.container("free", nets=["front"])
        lab.container("chained", nets=["front"], rules=CHAINED, ports=["8400:80"])
        lab.container("sender", nets=["front"], rules=SENDER)
        lab.container("next", nets=["front"], rules=NEXT)
        lab.container("logged", nets=["front"], rules=LOGGED, ports=["8401:80"])
        lab.container("queued", nets=["front"], rules=QUEUED, ports=["8402:80"])
        lab.start_all(["srv", "free", "chained", "sender", "next", "logged", "queued"])
        with Agent(lab, context.agent, args=SHARED) as agent:
            wait_until("the quarantines are in the log", lambda: len(agent.lines(level="error")) >= 3, seconds=5)
            _chains(context, lab, agent)
            _logs(context, lab)
            _check(context, lab, "logged", [case("its published port", "outside -> pub:8401/tcp6 =logged", PASS),
                                            case("its output", "logged -> outside:53/udp", PASS),
                                            case("… only", "logged -> outside:80/udp", DROP)])
            _queues(context, lab, agent)
            agent.stop()
            _boot(context, lab)
            context.report("the agent's log and exit", "\n".join(agent.faults(EXPECTED)) or None)
