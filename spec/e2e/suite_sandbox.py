"""The processes that read labels, beside the real program: what they hold, and that their death costs nothing that lasts."""

import os
import pathlib
import signal

from agent import Agent
from lab import Lab, LabError, wait_until

NOBODY = 65534
RULES = "output:\n- {{ips: [192.0.2.1], proto: udp, dst_ports: [{port}]}}\n"
EXPECTED = ["the process that reads the label", "is gone"]
# Lines of /proc/PID/status of the processes that read labels.
BARS = {"Uid": "65534\t65534\t65534\t65534", "Gid": "65534\t65534\t65534\t65534", "Groups": "", "NoNewPrivs": "1", "Seccomp": "2",
        "CapEff": "0" * 16, "CapPrm": "0" * 16, "CapBnd": "0" * 16, "CapAmb": "0" * 16}


def _stat(pid):
    """(name, state, parent); None where there is no such process."""
    try:
        head, tail = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, parent = tail.split()[:2]
    return head.split("(", 1)[1], state, int(parent)


def _children(pid):
    """{pid: name} of those that live."""
    found = {}
    for name in os.listdir("/proc"):
        stat = _stat(name) if name.isdigit() else None
        if stat and stat[2] == pid and stat[1] != "Z":
            found[int(name)] = stat[0]
    return found


def _zygote(agent):
    def look():
        return [pid for pid, name in _children(agent.process.pid).items() if name == "ww-zygote"]
    return wait_until("the zygote", look, 10)[0]


def _worker(zygote):
    return wait_until("a worker", lambda: list(_children(zygote)), 10)[0]


def _signal_workers(agent, number):
    zygote = _zygote(agent)
    for pid in {_worker(zygote), *_children(zygote)}:
        os.kill(pid, number)


def _held(pid):
    return sorted(os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{pid}/fd"))


def _missing_bars(pid):
    lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    return {key: lines[key].strip() for key, value in BARS.items() if lines[key].strip() != value}


def _start(lab, name, port):
    lab.container(name, nets=["front"], rules=RULES.format(port=port))
    lab.start(name)


def _enforced(agent, name, mark, seconds=30):
    def look():
        return [line for line in agent.lines(mark, msg="container enforced") if line["container.name"] == name and line["rules"] == 1]
    try:
        wait_until(f"{name} enforced", look, seconds)
    except LabError as error:
        raise LabError(f"{error}\n{agent.tail()}") from None


def _processes(context, agent):
    zygote = _zygote(agent)
    worker = _worker(zygote)
    wait_until("the worker shut in", lambda: not _missing_bars(worker), 10)
    for title, pid in (("a worker", worker), ("the zygote", zygote)):
        context.report(f"{title} holds one socket, and nothing else", None if _held(pid) == ["socket"] else str(_held(pid)))
    said = agent.lines(msg="labels are read in processes that can do nothing else")
    context.report("the log says how labels are read", None if said and said[0]["user"] == NOBODY and said[0]["system_calls"] else str(said))
    status = agent.ask()[1]
    context.report("the status says so, too", None if status["program"]["sandbox"] == "on" else str(status["program"]))
    given_up = agent.lines(msg="the program has given up what it does not need")
    same = given_up and status["program"]["system_calls"] == (given_up[0]["system_calls"] or None)
    context.report("the program has given up what it does not need", None if same else f"{given_up} {status['program']}")


def _killed(context, lab, agent):
    """The workers that wait are killed: the next container does not notice."""
    mark = agent.mark()
    _signal_workers(agent, signal.SIGKILL)
    _start(lab, "killed", 5301)
    _enforced(agent, "killed", mark)
    closed = agent.lines(mark, level="error")
    context.report("a worker that dies while it waits costs nothing", str(closed) if closed else None)


def _replaced(context, agent):
    """The worker that waits is killed: another one waits, before a label needs it."""
    zygote = _zygote(agent)
    before = set(_children(zygote))
    _signal_workers(agent, signal.SIGKILL)
    wait_until("another worker", lambda: any((_stat(pid) or ("", "Z"))[1] != "Z" for pid in set(_children(zygote)) - before), 10)
    context.report("one that dies while it waits is replaced before it is needed")


def _stopped(context, lab, agent):
    """The workers that wait are stopped: the container is closed, which the log says, and is tried again; other containers go on."""
    mark = agent.mark()
    _signal_workers(agent, signal.SIGSTOP)
    _start(lab, "stopped", 5302)
    line = agent.wait_line("container quarantined: nothing is allowed until this is mended", mark)
    context.report("a silent worker closes its container", None if "did not answer" in line["error"] and line["container.name"] == "stopped" else str(line))
    _start(lab, "beside", 5303)
    _enforced(agent, "beside", mark)
    _enforced(agent, "stopped", mark, 60)
    context.report("it is tried again", None)


def _zygote_killed(context, lab, agent):
    """The zygote is killed: the program ends at the next label, and leaves the rules."""
    address = lab.addr("beside", "front")
    os.kill(_zygote(agent), signal.SIGKILL)
    _start(lab, "last", 5304)
    status = agent.process.wait(30)
    context.report("without a zygote the program ends as failed", None if status == 1 else f"exit status {status}")
    table = lab.run("host", ["nft", "list", "table", "inet", "whalewall"])
    context.report("the rules stay", None if f"{address} . 192.0.2.1 . udp . 5303" in table else table)
    agent.start()
    states = {c["name"]: c["state"] for c in agent.ask()[1]["containers"]}
    context.report("the next start reads what it could not", None if states.get("last") == "enforced" else str(states))
    zygote = _zygote(agent)
    everybody = [zygote, *_children(zygote)]
    agent.stop()
    left = [pid for pid in everybody if (_stat(pid) or ("", "Z"))[1] != "Z"]
    context.report("a stop ends all of them", str(left) if left else None)


def _unsandboxed(context, lab):
    with Agent(lab, context.agent, args=["-no-sandbox"], state="unsandboxed") as agent:
        context.report("-no-sandbox: no other process", None if not _children(agent.process.pid) else str(_children(agent.process.pid)))
        status = agent.ask()[1]
        context.report("-no-sandbox: the status says so", None if status["program"]["sandbox"] == "off" else str(status["program"]))
        said = [line for line in agent.lines(level="warn") if "-no-sandbox" in line["msg"]]
        context.report("-no-sandbox: the log warns", None if said else agent.tail())
        agent.stop()
        context.report("-no-sandbox: the agent's log and exit", "\n".join(agent.faults()) or None)


POLICY = """
return {
  apiversion = 1,
  name = "tier",
  reads = { "labels" },
  handler = function(container)
    if container.labels.tier == "spin" then
      while true do end
    end
    container:manage(true)
    container:allow { output = { { ips = { "192.0.2.1" }, proto = "udp", dst_ports = { %d } } } }
  end,
}
"""
LOADED = "labels and policies are read in processes that can do nothing else"
ANEW = "the policies were read anew"


def _set(zygote):
    def look():
        return [pid for pid, name in _children(zygote).items() if name == "ww-loader"]
    return wait_until("what has loaded the policies", look, 10)[0]


def _judge(lab, name, labels=None):
    """Not managed by a label: only the policy does."""
    lab.container(name, nets=["front"], labels=labels or {})
    lab.start(name)


def _set_processes(context, agent):
    zygote = _zygote(agent)
    loaded = _set(zygote)
    worker = _worker(loaded)
    wait_until("the worker shut in", lambda: not _missing_bars(worker), 10)
    for title, pid in (("what has loaded the policies", loaded), ("its worker", worker), ("the zygote of both", zygote)):
        context.report(f"{title} holds one socket, and nothing else", None if _held(pid) == ["socket"] else str(_held(pid)))
    context.report("what has loaded the policies is shut in", str(_missing_bars(loaded)) if _missing_bars(loaded) else None)
    context.report("policies: the log says how they are read", None if agent.lines(msg=LOADED) else agent.tail())
    context.report("policies: the status says so, too", None if agent.ask()[1]["program"]["sandbox"] == "on" else str(agent.ask()[1]["program"]))


def _set_stopped(context, lab, agent):
    """The worker that waits is stopped: the container is closed, which the log says, and is tried again; other containers go on."""
    mark = agent.mark()
    os.kill(_worker(_set(_zygote(agent))), signal.SIGSTOP)
    _judge(lab, "silent")
    line = agent.wait_line("container quarantined: nothing is allowed until this is mended", mark)
    context.report("policies: a silent worker closes its container", None if "did not answer" in line["error"] and line["container.name"] == "silent" else str(line))
    _judge(lab, "aside")
    _enforced(agent, "aside", mark)
    _enforced(agent, "silent", mark, 60)
    context.report("policies: it is tried again", None)


def _set_spins(context, lab, agent):
    mark = agent.mark()
    _judge(lab, "spins", {"tier": "spin"})
    line = agent.wait_line("container quarantined: nothing is allowed until this is mended", mark)
    # on a busy machine the time for an answer is over before the instructions are
    why = any(limit in line["error"] for limit in ("WW_LIMIT_LUA_", "WW_LIMIT_JAIL_MS"))
    context.report("policies: one that a handler spins for is closed", None if why and line["container.name"] == "spins" else str(line))
    _judge(lab, "calm")
    _enforced(agent, "calm", mark)
    context.report("policies: … and no other", None)


def _set_killed(context, lab, agent):
    """It is killed: another one loads the same policies."""
    mark = agent.mark()
    zygote = _zygote(agent)
    before = _set(zygote)
    os.kill(before, signal.SIGKILL)
    wait_until("its end", lambda: (_stat(before) or ("", "Z"))[1] == "Z", 10)
    _judge(lab, "revived")
    _enforced(agent, "revived", mark)
    context.report("policies: what has loaded them is made anew", None if _set(zygote) != before else "it is the same")


def _reload(agent, said):
    mark = agent.mark()
    agent.process.send_signal(signal.SIGHUP)
    return agent.wait_line(said, mark)


def _set_replaced(context, lab, agent):
    """One that does not load leaves the old one; one that does takes its place, and the old one ends."""
    zygote = _zygote(agent)
    before = _set(zygote)
    (lab.dir / "tier.lua").write_text("while true do end\n")
    line = _reload(agent, "the policies cannot be read; those from before stay in force")
    context.report("policies: one that spins while it loads is not taken", None if "WW_LIMIT_LUA_" in line["error"] else str(line))
    wait_until("the end of what tried to load it", lambda: list(_children(zygote)) == [before], 10)
    context.report("policies: … and the old ones stay")
    (lab.dir / "tier.lua").write_text(POLICY % 5306)
    _reload(agent, ANEW)
    wait_until("the old ones' end", lambda: before not in _children(zygote), 10)
    table = wait_until("the new rules", lambda: _rules_with(lab, "5306"), 10)
    context.report("policies: the new ones hold, and no old one", None if "5305" not in table else table)


def _rules_with(lab, port):
    table = lab.run("host", ["nft", "list", "table", "inet", "whalewall"])
    return table if f"udp . {port}" in table else None


def _policies(context, lab):
    (lab.dir / "tier.lua").write_text(POLICY % 5305)
    with Agent(lab, context.agent, args=["-policy", lab.dir / "tier.lua"], state="policies") as agent:
        _set_processes(context, agent)
        _set_stopped(context, lab, agent)
        _set_spins(context, lab, agent)
        _set_killed(context, lab, agent)
        _set_replaced(context, lab, agent)
        zygote = _zygote(agent)
        everybody = [zygote, *_children(zygote), *_children(_set(zygote))]
        agent.stop()
        left = [pid for pid in everybody if (_stat(pid) or ("", "Z"))[1] != "Z"]
        context.report("policies: a stop ends all of them", str(left) if left else None)
        closed = ["container quarantined", "the policies cannot be read"]
        context.report("policies: the agent's log and exit", "\n".join(agent.faults(EXPECTED + closed)) or None)


def run(context):
    with Lab(context.probe) as lab:
        lab.network("front")
        with Agent(lab, context.agent) as agent:
            _processes(context, agent)
            _killed(context, lab, agent)
            _replaced(context, agent)
            _stopped(context, lab, agent)
            _zygote_killed(context, lab, agent)
            context.report("the agent's log and exit", "\n".join(agent.faults(EXPECTED)) or None)
        _unsandboxed(context, lab)
    with Lab(context.probe) as lab:
        lab.network("front")
        _policies(context, lab)
