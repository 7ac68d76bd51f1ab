"""`whalewall doctor` on a host with a real engine: without and with a running program, beside other firewalls, and as a user that may not ask."""

import json
import pathlib
import re
import signal
import subprocess

from agent import Agent
from lab import Lab, LabError

ROOT = pathlib.Path(__file__).parents[2]
RULES = "output: [{network: front, container: db, proto: tcp, dst_ports: [5432]}]"
WELL, WRONG, USAGE = 0, 1, 2
FAULTY = "output: [{proto: tcp, dst_prots: [80]}]"
OTHERS = ["add table ip site", "add chain ip site f2b-sshd", "add chain ip site ufw-before-input", "add table inet firewalld",
          "add chain inet firewalld filter_FORWARD { type filter hook forward priority 10; policy accept; }", "add table ip crowdsec",
          "add chain ip crowdsec crowdsec-chain",
          "add table inet first", "add chain inet first early { type filter hook forward priority -300; policy drop; }",
          "add rule inet first early accept"]
EXPECTED_ERRORS = ["quarantined", "traffic between containers"]


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _run(agent, *args, prefix=()):
    child = agent.lab.popen("host", [*prefix, *agent.command("doctor", *args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def _found(agent, *args, prefix=()):
    """(exit status, {code: [(level, text)]})"""
    code, output = _run(agent, "-d", agent.dir, "--json", *args, prefix=prefix)
    try:
        answer = json.loads(output)
    except ValueError:
        raise LabError(f"not JSON (status {code}): {output[:500]}") from None
    found = {}
    for f in answer["findings"]:
        found.setdefault(f["code"], []).append((f["level"], f["text"]))
    if answer["ok"] != (code == WELL) or answer["format"] != 1:
        raise LabError(f"status {code} beside {output[:200]}")
    return code, found


def _levels(found, *codes):
    return {code: sorted({level for level, _ in found.get(code, [])}) for code in codes}


def _listed(lab):
    return lab.run("host", ["nft", "list", "ruleset"])


def _alone(context, lab, agent):
    """Before the first start: the kernel is asked, and nothing is changed."""
    before = _listed(lab)
    code, found = _found(agent)
    _expect(context, "nothing runs: a warning", (code, _levels(found, "program", "program_away")), (WRONG, {"program": [], "program_away": ["warning"]}))
    _expect(context, "the kernel and the engine are well", _levels(found, "kernel", "engine", "docker_rules"),
            {"kernel": ["ok"], "engine": ["ok"], "docker_rules": ["ok"]})
    _expect(context, "what is open", sorted(text.split("'")[1] for _, text in found["open_ports"]), ["free"])
    _expect(context, "the rules on the host are as they were", re.sub(r"packets \d+ bytes \d+", "", _listed(lab)),
            re.sub(r"packets \d+ bytes \d+", "", before))


def _running(context, lab, agent):
    code, found = _found(agent)
    _expect(context, "it runs", _levels(found, "program", "program_away", "problem"), {"program": ["ok"], "program_away": [], "problem": []})
    _expect(context, "only the container that is not managed is open", [(level, text) for level, text in found["open_ports"]],
            [("warning", "container 'free' is not managed, and open to every sender that reaches this host: 8401/tcp")])
    _expect(context, "which is a warning", code, WRONG)
    context.report("the chains of forwarded packets, in order",
                   None if re.search(r": .*inet whalewall forward \(-10\).*, ip filter FORWARD \(0", found["hooks"][0][1]) else found["hooks"][0][1])
    lab.remove("free")
    code, found = _found(agent)
    rest = {code for code, entries in found.items() for level, _ in entries if level in ("warning", "wrong")}
    _expect(context, "without it all is well, or this machine's name servers are the reason", rest - {"resolver"}, set())
    _expect(context, "the exit status says so", code, WRONG if rest else WELL)
    lab.restart("web")
    agent.wait_line("container started")
    found = _found(agent)[1]
    _expect(context, "how early rules were is told", len(found.get("starts", []) + found.get("starts_late", [])), 1)
    elsewhere = lab.dir / "elsewhere"
    elsewhere.mkdir()
    output = _run(agent, "-d", elsewhere, "--json")[1]
    _expect(context, "with another directory the one that runs is asked", '"code":"program"' in output, True)


def _wrong(context, lab, agent):
    lab.container("bad", nets=["front"], rules=FAULTY)
    lab.start("bad")
    agent.wait_line("container closed")
    code, found = _found(agent)
    _expect(context, "what status finds wrong", (code, [text.split(":")[0] for _, text in found["problem"]]), (WRONG, ["quarantined bad"]))
    text = _run(agent, "-d", agent.dir)[1]
    context.report("for people the worst comes first", None if text.startswith("wrong    problem: quarantined bad: ") and "\033" not in text else text)
    lab.remove("bad")


def _others(context, lab, agent):
    for command in OTHERS:
        lab.run("host", ["nft", command])
    found = _found(agent)[1]
    _expect(context, "other firewalls", _levels(found, "fail2ban", "ufw", "firewalld", "crowdsec", "hook_before", "kubernetes"),
            {"fail2ban": ["note"], "ufw": ["note"], "firewalld": ["note"], "crowdsec": ["note"], "hook_before": ["note"], "kubernetes": []})
    lab.run("host", ["iptables-legacy", "-N", "x"])
    _expect(context, "iptables-legacy", _levels(_found(agent)[1], "iptables_legacy"), {"iptables_legacy": ["note"]})
    for table in ("ip site", "inet firewalld", "ip crowdsec", "inet first"):
        lab.run("host", ["nft", f"delete table {table}"])


def _engine(context, lab, agent):
    lab._stop_engine(signal.SIGTERM)
    try:
        code, found = _found(agent)
        _expect(context, "the engine is away", (code, _levels(found, "engine", "engine_away")), (WRONG, {"engine": [], "engine_away": ["wrong"]}))
    finally:
        lab.restart_engine()


def _rights(context, lab, agent):
    lab.dir.chmod(0o755)
    try:
        code, found = _found(agent, prefix=["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"])
    finally:
        lab.dir.chmod(0o700)
    _expect(context, "another user sees little, and is told so",
            (code, _levels(found, "not_root", "program_silent", "kernel_refuses")),
            (WRONG, {"not_root": ["note"], "program_silent": ["warning"], "kernel_refuses": ["wrong"]}))
    code, text = _run(agent, "-l", "x")
    _expect(context, "wrong usage", (code, "is not for" in text), (USAGE, True))
    agent.dir.chmod(0o777)
    found = _found(agent)[1]
    agent.dir.chmod(0o700)
    _expect(context, "a directory that all may write in", _levels(found, "data_directory"), {"data_directory": ["wrong"]})


def _documented(context):
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "core/cli").glob("doctor_*.c")))
    codes = set(re.findall(r'WW_FINDING_\w+,\s*"(\w+)"', source)) | set(re.findall(r'^    \{"(\w+)",\n', source, re.M))
    document = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    listed = {code for row in re.findall(r"^\| (`.*?`) \|", document, re.M) for code in re.findall(r"`(\w+)`", row)}
    _expect(context, "docs/doctor.md lists all codes, and no other", (sorted(codes - listed), sorted(listed - codes)), ([], []))
    context.report(f"{len(codes)} codes", None if len(codes) > 30 else str(codes))


def run(context):
    if not context.agent:
        return
    _documented(context)
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.container("db", nets=["front"], enabled="true", labels={"whalewall.rules": "input: [{network: front, container: web, proto: tcp, dst_ports: [5432]}]"})
        lab.container("web", nets=["front"], rules=RULES, ports=["8400:80"])
        lab.container("free", nets=["front"], ports=["8401:80", "127.0.0.1:8402:81"])
        lab.start_all(["db", "web", "free"])
        agent = Agent(lab, context.agent)
        agent.dir.mkdir(mode=0o700)
        _alone(context, lab, agent)
        with agent:
            _running(context, lab, agent)
            _wrong(context, lab, agent)
            _others(context, lab, agent)
            _rights(context, lab, agent)
            _engine(context, lab, agent)
            agent.stop()
            context.report("the agent's log and exit", "\n".join(agent.faults([*EXPECTED_ERRORS, "engine"])) or None)
