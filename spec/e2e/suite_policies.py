"""Site policies on a real engine: what they manage, refuse and close, and how they are replaced while the program runs."""

import signal

from agent import Agent
from cases import DROP, PASS, case, check
from lab import Lab, wait_until

TIER = """
return {
  apiversion = 1,
  name = "tier",
  reads = { "labels", "image", "network_labels" },
  handler = function(container)
    if container.labels.tier == "closed" then
      container:deny "that tier is closed"
    elseif container.labels.tier == "db" then
      container:manage(true)
      container:allow { input = { { network = "front", container = "web", proto = "tcp", dst_ports = { 80 } } } }
    end
    container:refuse({ output = { { ips = { "192.0.2.101", MANY }, %s } } }, "that one is hostile")
  end,
}
""".replace("MANY", ", ".join(f'"192.0.2.{last}"' for last in range(111, 255, 2)))
EVERYTHING = "proto = nil"
ONE_PORT = 'proto = "tcp", dst_ports = { 80 }'
RULES = "output: [{proto: tcp, dst_ports: [80, 81]}, {network: front, container: db, proto: udp, dst_ports: [80]}]"
ANEW = "the policies were read anew"
OLD = "the policies cannot be read; those from before stay in force"


def _write(lab, text):
    (lab.dir / "tier.lua").write_text(text)


def _start(lab):
    lab.network("front")
    lab.container("web", nets=["front"], rules=RULES)
    lab.container("db", nets=["front"], labels={"tier": "db"})
    lab.container("free", nets=["front"])
    lab.container("shut", nets=["front"], labels={"tier": "closed"})
    lab.start_all(["web", "db", "free", "shut"])


def _cases(title, port_81):
    return [case(f"{title}: a refusal wins over a label", "web -> outside@101:80/tcp", DROP),
            case(f"{title}: … and is about what it names", "web -> outside@101:81/tcp", port_81),
            case(f"{title}: the rest of the rule stays", "web -> outside@100:80/tcp", PASS),
            case(f"{title}: a policy opens what it manages", "web -> db:80/tcp", PASS),
            case(f"{title}: … and nothing else", "free -> db:80/tcp", DROP),
            case(f"{title}: a container that it does not manage is left alone", "free -> outside:80/tcp", PASS),
            case(f"{title}: one is denied", "shut -> outside:80/tcp", DROP),
            case(f"{title}: … both ways", "free -> shut:80/tcp", DROP)]


def _check(context, lab, cases):
    for c, fault in check(lab, cases):
        context.report(f"{c.title}: {c.way}", fault)


def _check_drop(context, agent):
    lines = [line for line in agent.lines(msg="packet dropped") if line.get("peer") == "192.0.2.101"]
    said = [(line.get("policy"), line.get("reason")) for line in lines]
    context.report("a dropped packet's line names the policy", None if ("tier (tier.lua:13)", "that one is hostile") in said
                   else f"it says: {said}")


def _reload(agent, line):
    mark = agent.mark()
    agent.process.send_signal(signal.SIGHUP)
    return agent.wait_line(line, mark)


def _check_reload(context, lab, agent):
    _write(lab, TIER % ONE_PORT)
    _reload(agent, ANEW)
    wait_until("the new rules", lambda: agent.lines(msg="container enforced"), 10)
    _check(context, lab, _cases("reloaded", PASS))
    _write(lab, "return {\n  apiversion = 1,\n  name =,\n}\n")
    said = _reload(agent, OLD).get("error", "")
    context.report("a faulty file is named with its line", None if "tier.lua:3: unexpected symbol" in said else f"it says: {said}")
    _check(context, lab, _cases("kept", PASS))


def _check_watch(context, lab):
    """Put in place as editors and package managers do: written beside, then renamed."""
    folder = lab.dir / "watched"
    folder.mkdir()
    (folder / "tier.lua").write_text(TIER % EVERYTHING)
    with Agent(lab, context.agent, args=["-policy", folder, "-watch-policy"], state="watching") as agent:
        _check(context, lab, _cases("watched", DROP))
        mark = agent.mark()
        (folder / ".new").write_text(TIER % ONE_PORT)
        (folder / ".new").rename(folder / "tier.lua")
        agent.wait_line(ANEW, mark)
        agent.wait_line("container enforced", mark)
        _check(context, lab, _cases("changed", PASS))
        agent.stop()
        for fault in agent.faults(["container quarantined"]) or [None]:
            context.report("the log and exit of one that watches", fault)


GROUPS = "groups: {files: {partners: partners.txt}}\n"
ESCAPED = 'groups: {files: {partners: "\\x2e./secret.txt"}}\n'


def _check_files(context, lab):
    """Files that the configuration names: they are read, anew too; and only what stands there as it is named."""
    folder = lab.dir / "config"
    folder.mkdir()
    (folder / "site.yaml").write_text(GROUPS)
    (folder / "partners.txt").write_text("192.0.2.100\n")
    (lab.dir / "secret.txt").write_text("192.0.2.101\n")
    lab.container("member", nets=["front"], rules='output: [{ips: ["@partners"], proto: tcp, dst_ports: [80]}]')
    lab.start("member")
    ways = [case("a group from a file", "member -> outside@100:80/tcp", PASS), case("… and no more", "member -> outside@101:80/tcp", DROP)]
    with Agent(lab, context.agent, args=["-policy", "groups", "-policy-config", folder / "site.yaml"], state="files") as agent:
        _check(context, lab, ways)
        (folder / "partners.txt").write_text("192.0.2.101\n")
        _reload(agent, ANEW)
        agent.wait_line("container enforced")
        wait_until("the new rules", lambda: "192.0.2.101" in lab.run("host", ["nft", "list", "table", "inet", "whalewall"]), 10)
        _check(context, lab, [case("a file that has changed", "member -> outside@101:80/tcp", PASS),
                              case("… and no more", "member -> outside@100:80/tcp", DROP)])
        (folder / "site.yaml").write_text(ESCAPED)
        said = _reload(agent, OLD).get("error", "")
        context.report("a name that is not in the text is not read", None if "does not name the file '../secret.txt'" in said else f"it says: {said}")
        agent.stop()
        for fault in agent.faults([OLD]) or [None]:
            context.report("files: the agent's log and exit", fault)


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        _write(lab, TIER % EVERYTHING)
        _start(lab)
        with Agent(lab, context.agent, args=["-policy", lab.dir / "tier.lua", "-policy", "deny-metadata"]) as agent:
            wait_until("one is closed", lambda: agent.lines(msg="container quarantined: nothing is allowed until this is mended"), 10)
            _check(context, lab, _cases("started", DROP))
            _check_drop(context, agent)
            _check_reload(context, lab, agent)
            agent.stop()
            for fault in agent.faults(["container quarantined", OLD]) or [None]:
                context.report("the agent's log and exit", fault)
        _check_watch(context, lab)
        _check_files(context, lab)
