"""Containers come and go as fast as the engine can, heard and unheard; its socket is replaced; it restarts beneath its running
containers. In the end the kernel holds exactly what is desired, and the program has not grown."""

import concurrent.futures
import itertools
import os
import time

import chaos_end
from agent import Agent
from early import figures, some
from lab import IMAGE, Lab, wait_until
from relay import Relay
from shop import ENGINE_AWAY, WEB, is_right, judge, open_shop

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


def _same(context, lab, when, before):
    """The table is as it was before it all, once the last is gone."""
    try:
        wait_until("as before", lambda: not chaos_end.differences(before, chaos_end.tables(lab)), 5, 0.1)
        context.report(f"{when}: the kernel holds what it held before")
    except Exception as error:  # noqa: BLE001 — what differs is told
        context.report(f"{when}: the kernel holds what it held before",
                       "; ".join(chaos_end.differences(before, chaos_end.tables(lab))[:4]) or str(error))


def _replace_socket(context, lab, agent, relay):
    """The file is another one: as when the engine's socket unit is restarted."""
    relay.close()
    os.unlink(relay.path)
    lab.rename("web", "renamed")
    time.sleep(0.3)
    lab.rename("renamed", "web")
    again = Relay(relay.path, lab.socket)
    wait_until("it is heard again", lambda: is_right(lab), 15)
    lab.restart("web")
    judge(context, lab, "socket replaced", settling=True)
    return again


def _storms(context):
    with Lab(probe=context.probe) as lab:
        open_shop(lab)
        relay = Relay(lab.dir / "relay.sock", lab.socket)
        agent = Agent(lab, context.agent, args=["-t", "1s"], env={"DOCKER_HOST": f"unix://{relay.path}"})
        try:
            agent.start()
            judge(context, lab, "before", settling=True)
            before, size = chaos_end.tables(lab), chaos_end.size(agent)
            _storm(lab, some(24, 500))
            _same(context, lab, "after the storm", before)
            relay.set("refuse")
            _storm(lab, some(12, 300))  # the engine remembers 256 events
            relay.set("pass")
            _same(context, lab, "after the unheard storm", before)
            judge(context, lab, "after both", settling=True)
            relay = _replace_socket(context, lab, agent, relay)
            now = chaos_end.size(agent)
            figures(f"{size[0]} descriptors and {size[1]} kB before, {now[0]} and {now[1]} kB after")
            chaos_end.judge(context, lab, agent)
            context.report("the log and exit", "\n".join(agent.faults(ENGINE_AWAY)) or None)
        finally:
            agent.kill()
            relay.close()


def _live_restore(context):
    """The engine goes and comes beneath containers that run on."""
    with Lab(probe=context.probe, engine_args=["--live-restore"]) as lab:
        open_shop(lab)
        with Agent(lab, context.agent, args=["-t", "1s"]) as agent:
            before = chaos_end.tables(lab)
            for kill in (False, True):
                how = "killed" if kill else "stopped"
                lab.restart_engine(kill=kill)
                running = [name for name in ("db", "web", "free") if lab.inspect(name)["State"]["Running"]]
                context.report(f"live-restore, engine {how}: the containers run on", None if len(running) == 3 else f"only {running}")
                judge(context, lab, f"live-restore, engine {how}", settling=True)
                _same(context, lab, f"live-restore, engine {how}", before)
            agent.stop()
            context.report("live-restore: the log and exit", "\n".join(agent.faults(ENGINE_AWAY)) or None)


def run(context):
    if context.agent:
        _storms(context)
        _live_restore(context)
