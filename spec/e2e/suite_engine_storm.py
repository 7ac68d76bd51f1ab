"""Containers come and go as fast as the engine can, heard and unheard; its socket is replaced; it restarts beneath its running
containers. In the end the kernel holds exactly what is desired, and the program has not grown."""

import concurrent.futures
import itertools
import os
import time

import chaos_end
from agent import Agent
from cases import DROP, PASS, case, check
from early import figures, some
from lab import IMAGE, Lab, wait_until
from relay import Relay

WEB = "mapped_ports: {external: {allow: true}}\noutput: [{network: front, container: db, proto: tcp, dst_ports: [5432]}]"
STAYS = [
    case("the rule", "web -> db:5432/tcp", PASS),
    case("the rule", "web -> db:5432/tcp6", PASS),
    case("the published port", "outside -> pub:8400/tcp =web", PASS),
    case("… only", "web -> db:80/tcp", DROP),
    case("db is closed", "free -> db:5432/tcp", DROP),
    case("not managed", "free -> outside:80/tcp", PASS),
]
ENGINE_AWAY = ["engine", "docker", "answer", "event", "connect"]
RULES = [None, "", WEB, "output: [{proto: tcp, dst_ports: [80]}]"]
_number = itertools.count(1)


def _one(lab, _):
    """Created, started, removed."""
    number = next(_number)
    rules = RULES[number % len(RULES)]
    labels = {} if rules is None else {"whalewall.enabled": "true", **({"whalewall.rules": rules} if rules else {})}
    body = {"Image": IMAGE, "Cmd": ["/wwprobe", "serve", "storm", "80"], "Labels": labels, "StopSignal": "SIGKILL",
            "HostConfig": {"NetworkMode": "front"}}
    name = f"storm{number}"
    lab.engine.post("/containers/create", body, name=name)
    lab.engine.post(f"/containers/{name}/start")
    lab.engine.delete(f"/containers/{name}", force=1)


def _storm(lab, count):
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: _one(lab, n), range(count)))
    figures(f"{count} containers created, started and removed in {time.monotonic() - begin:.1f} s")


def _check(context, lab, when, cases=STAYS):
    for c, fault in check(lab, cases, settling=True):
        context.report(f"{when}: {c.title}: {c.way}", fault)


def _same(context, lab, when, before):
    """The table is as it was before it all, once the last is gone."""
    try:
        wait_until("as before", lambda: not chaos_end.differences(before, chaos_end.tables(lab)), 5, 0.1)
        context.report(f"{when}: the kernel holds what it held before")
    except Exception as error:  # noqa: BLE001 — what differs is told
        context.report(f"{when}: the kernel holds what it held before",
                       "; ".join(chaos_end.differences(before, chaos_end.tables(lab))[:4]) or str(error))


def _world(lab):
    lab.network("front")
    lab.container("db", nets=["front"], enabled="true")
    lab.container("web", nets=["front"], rules=WEB, ports=["8400:80"])
    lab.container("free", nets=["front"])
    lab.start_all(["db", "web", "free"])


def _replace_socket(context, lab, agent, relay):
    """The file is another one: as when the engine's socket unit is restarted."""
    relay.close()
    os.unlink(relay.path)
    lab.rename("web", "renamed")
    time.sleep(0.3)
    lab.rename("renamed", "web")
    again = Relay(relay.path, lab.socket)
    wait_until("it is heard again", lambda: not any(f for _, f in check(lab, STAYS)), 15)
    lab.restart("web")
    _check(context, lab, "socket replaced")
    return again


def _storms(context):
    with Lab(probe=context.probe) as lab:
        _world(lab)
        relay = Relay(lab.dir / "relay.sock", lab.socket)
        agent = Agent(lab, context.agent, args=["-t", "1s"], env={"DOCKER_HOST": f"unix://{relay.path}"})
        try:
            agent.start()
            _check(context, lab, "before")
            before, size = chaos_end.tables(lab), chaos_end.size(agent)
            _storm(lab, some(40, 500))
            _same(context, lab, "after the storm", before)
            relay.set("refuse")
            _storm(lab, some(20, 300))  # the engine remembers 256 events
            relay.set("pass")
            _same(context, lab, "after the unheard storm", before)
            _check(context, lab, "after both")
            relay = _replace_socket(context, lab, agent, relay)
            now = chaos_end.size(agent)
            figures(f"{size[0]} descriptors and {size[1]} kB (PSS) before, {now[0]} and {now[1]} kB after")
            chaos_end.judge(context, lab, agent)
            context.report("the log and exit", "\n".join(agent.faults(ENGINE_AWAY)) or None)
        finally:
            agent.kill()
            relay.close()


def _live_restore(context):
    """The engine goes and comes beneath containers that run on."""
    with Lab(probe=context.probe, engine_args=["--live-restore"]) as lab:
        _world(lab)
        with Agent(lab, context.agent, args=["-t", "1s"]) as agent:
            before = chaos_end.tables(lab)
            for kill in (False, True):
                how = "killed" if kill else "stopped"
                lab.restart_engine(kill=kill)
                running = [name for name in ("db", "web", "free") if lab.inspect(name)["State"]["Running"]]
                context.report(f"live-restore, engine {how}: the containers run on", None if len(running) == 3 else f"only {running}")
                _check(context, lab, f"live-restore, engine {how}")
                _same(context, lab, f"live-restore, engine {how}", before)
            agent.stop()
            context.report("live-restore: the log and exit", "\n".join(agent.faults(ENGINE_AWAY)) or None)


def run(context):
    if context.agent:
        _storms(context)
        _live_restore(context)
