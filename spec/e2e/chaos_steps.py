"""What can go wrong, one function each: step(run) does it and returns a text that says what was done.

A run has: lab, chaos (the world), agent, relay, random; down (the program is stopped or dead); owned (the table is)."""

import datetime
import re
import shutil
import signal
import time

from chaos import BORN, ROSTER
from cleanup import LabError


MOST_BORN = 5
FOREIGN = [
    "flush table inet whalewall",
    "delete table inet whalewall",
    "flush chain inet whalewall forward",
    "insert rule inet whalewall forward accept",
    "insert rule inet whalewall input accept",
    "flush set inet whalewall managed4",
    "flush set inet whalewall endpoint6",
    "add element inet whalewall out_sd4 { 203.0.113.4 . 203.0.113.2 }",
    "delete table bridge whalewall",
    "flush table bridge whalewall",
]


# --- containers -----------------------------------------------------------------------------------------------------

def restart_container(run):
    name = run.random.choice(list(ROSTER))
    how = run.random.choice(["restart", "kill", "stop"])
    if how == "restart":
        run.chaos.engine.post(f"/containers/{name}/restart", t=0)
    else:
        run.chaos.engine.post(f"/containers/{name}/{how}")
        time.sleep(run.random.choice([0, 0.05, 0.4]))
        run.chaos.engine.post(f"/containers/{name}/start")
    return f"{how} {name}, and up again"


def birth(run):
    """A new one. While the program is down, at an address that it last knew as free: another's is suite_reuse's matter."""
    taken = run.chaos.busy if run.down else set(run.chaos.born.values())
    free = [number for number in BORN if number not in taken]
    if not free or len(run.chaos.born) >= MOST_BORN:
        return death(run)
    name = run.chaos.birth(run.random.choice("nnou"), run.random.choice(free[:3]), run.random.random() < 0.5)
    return f"birth of {name}"


def death(run):
    if not run.chaos.born:
        return "no container to die"
    name = run.random.choice(sorted(run.chaos.born))
    run.chaos.death(name)
    return f"death of {name}"


def succession(run):
    """One dies, and the next takes its address at once."""
    if not run.chaos.born or run.down:
        return birth(run)
    old = run.random.choice(sorted(run.chaos.born))
    number = run.chaos.born[old]
    run.chaos.death(old)
    name = run.chaos.birth(run.random.choice("nnu"), number, run.random.random() < 0.5)
    return f"{name} takes the address of {old}"


def rename(run):
    """And back, since rules go by the name."""
    name = run.random.choice(["db", "srv", "closed", "web"])
    run.chaos.engine.post(f"/containers/{name}/rename", name=f"{name}-other")
    time.sleep(run.random.choice([0, 0.1]))
    run.chaos.engine.post(f"/containers/{name}-other/rename", name=name)
    return f"rename {name}, and back"


def reconnect(run):
    name, net, number = run.random.choice([("db", "back", 36), ("srv", "front", 2), ("closed", "front", 4), ("web", "front", 3)])
    run.chaos.engine.post(f"/networks/{net}/disconnect", {"Container": name})
    time.sleep(run.random.choice([0, 0.1]))
    run.chaos.connect(name, net, number)
    return f"disconnect {name} from {net}, and connect"


# --- the program ----------------------------------------------------------------------------------------------------

def _while_down(run):
    """Some other steps meanwhile."""
    run.down = True
    steps = [run.random.choice(MEANWHILE) for _ in range(run.random.randrange(3))]
    return ", ".join([step(run) for step in steps]) or "nothing meanwhile"


def _up(run, text):
    run.down = False
    run.chaos.busy = set(run.chaos.born.values())
    return text


def stop_and_continue(run):
    run.agent.process.send_signal(signal.SIGSTOP)
    meanwhile = _while_down(run)
    time.sleep(run.random.choice([0, 0.2, 1]))
    run.agent.process.send_signal(signal.SIGCONT)
    return _up(run, f"SIGSTOP ({meanwhile}), SIGCONT")


def kill_program(run):
    run.agent.kill()
    meanwhile = _while_down(run)
    database = run.random.choice(["kept", "kept", "removed", "truncated"])
    if database == "removed":
        shutil.rmtree(run.agent.dir)
    elif database == "truncated":
        _truncate(run)
    run.agent.prefix = run.random.choice([[], ["unshare", "--time", "--monotonic", "100000", "--boottime", "100000"]])
    run.agent.start()
    return _up(run, f"SIGKILL ({meanwhile}), database {database}, start{' in another time' if run.agent.prefix else ''}")


def end_program(run):
    run.agent.stop()
    if run.agent.status:
        raise LabError(f"exit status {run.agent.status}")
    meanwhile = _while_down(run)
    run.agent.start()
    return _up(run, f"SIGTERM ({meanwhile}), start")


def _truncate(run):
    path = run.agent.dir / "whalewall.sqlite"
    if path.exists():
        with open(path, "r+b") as file:
            file.truncate(5000)


def lose_database(run):
    """Under the running program."""
    what = run.random.choice(["removed", "truncated"])
    if what == "truncated":
        _truncate(run)
    else:
        for path in run.agent.dir.glob("whalewall.sqlite*"):
            path.unlink()
    return f"database {what}"


# --- the kernel's rules ---------------------------------------------------------------------------------------------

def foreign_edit(run):
    """Another program's hand in the table: refused where the program owns it."""
    command = run.random.choice(FOREIGN)
    if not run.owned or run.agent.process.poll() is not None:
        return "no foreign edit"
    family = command.split(" whalewall")[0].split()[-1]
    if f"table {family} whalewall" not in run.lab.own_tables():
        return "no foreign edit"
    try:
        run.lab.run("host", ["nft", command])
    except LabError as error:
        if "not permitted" in str(error) or "No such" in str(error):
            return f"foreign '{command}' refused"
        raise
    raise LabError(f"foreign '{command}' was not refused")


def overrun(run):
    """So many changes by another program at once that the program's socket overflows."""
    elements = ", ".join(f"10.{n >> 8}.{n & 255}.1" for n in range(6000))
    text = f"add table inet noise\nadd set inet noise s {{ type ipv4_addr; }}\nadd element inet noise s {{ {elements} }}\n"
    path = run.lab.dir / "noise.nft"
    path.write_text(text)
    for _ in range(3):
        run.lab.run("host", ["nft", "-f", path])
        run.lab.run("host", ["nft", "delete", "table", "inet", "noise"])
    return "18000 changes by another program"


# --- the engine -----------------------------------------------------------------------------------------------------

def restart_engine(run):
    kill = run.random.random() < 0.3
    run.lab.restart_engine(kill=kill)
    for name in [*ROSTER, *run.chaos.born]:
        if not run.chaos.running(name):
            run.chaos.engine.post(f"/containers/{name}/start")
    return f"engine {'killed' if kill else 'stopped'}, and started again"


def cut(run):
    run.relay.cut()
    return "connections cut"


def cut_in_line(run):
    """The event stream ends in the middle of a line."""
    relay = run.relay

    def edit(data):
        if b'"Action"' not in data and b'"status"' not in data:
            return data
        relay.edit = None
        relay.cut_after(0.05)
        return data[:len(data) // 2]

    relay.edit = edit
    name = run.random.choice(["srv", "db"])
    run.chaos.engine.post(f"/containers/{name}/restart", t=0)
    relay.edit = None
    return f"event stream cut in a line, restart {name}"


def lose_events(run):
    """Nothing is heard for a while, then the connection breaks."""
    run.relay.edit = lambda data: b"" if b'"Action"' in data else data
    run.down = True
    meanwhile = run.random.choice([birth, restart_container, death])(run)
    run.relay.edit = None
    run.relay.cut()
    run.down = False
    return f"events lost ({meanwhile})"


def jump_clock(run):
    """The engine's clock is off by a day for some events."""
    days = run.random.choice([-1, 1])
    run.relay.edit = lambda data: re.sub(rb'"time(Nano)?":(\d+)', lambda m: _shift(m, days), data)
    meanwhile = run.random.choice([birth, restart_container])(run)
    run.relay.edit = None
    run.relay.cut()
    return f"the engine's clock {days:+d} d ({meanwhile})"


def _shift(match, days):
    nano = match[1] or b""
    unit = 1_000_000_000 if nano else 1
    return b'"time%s":%d' % (nano, int(match[2]) + int(datetime.timedelta(days=days).total_seconds()) * unit)


def late(run):
    run.relay.delay = run.random.choice([0, 0.02, 0.2])
    return f"the engine's words {run.relay.delay * 1000:.0f} ms late"


MEANWHILE = [restart_container, birth, death, rename, reconnect]
# each as often as it is named
STEPS = [restart_container, restart_container, birth, birth, birth, death, succession, succession, rename, reconnect, reconnect,
         stop_and_continue, stop_and_continue, kill_program, kill_program, end_program, lose_database, foreign_edit, foreign_edit,
         overrun, cut, cut_in_line, lose_events, jump_clock, late]
RARE = [restart_engine]

