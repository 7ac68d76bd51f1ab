"""Programs that embed the library, built from the examples against an installed prefix: two agents in one process, each for an engine in
a network namespace of its own, in a loop of poll; one in a loop of libuv, with a jail; and two in one script of Lua."""

import os
import pathlib
import shutil
import signal
import subprocess

from cases import DROP, PASS, case, check
from lab import Lab, LabError, wait_until

ROOT = pathlib.Path(__file__).parents[2]
RULES = "output: [{network: front, container: db, proto: tcp, dst_ports: [5432]}]"
CASES = [case("allowed", "web -> db:5432/tcp", PASS), case("dropped", "web -> db:80/tcp", DROP)]


class Host:
    """A program that runs, and what it says."""

    def __init__(self, folder, argv, env):
        self.path = folder / f"{pathlib.Path(argv[0]).name}.log"
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env)

    def said(self):
        return self.path.read_text(errors="replace")

    def wait(self, *words):
        def look():
            if self.process.poll() is not None:
                raise LabError(f"it has ended with status {self.process.returncode}\n{self.said()}")
            return all(word in self.said() for word in words)
        wait_until(f"it says {words}", look, 30)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return f"it had to be killed\n{self.said()}"


def _built(context, folder):
    """The examples' folder and environment, as they are installed from the build tree that the program is of."""
    build = os.environ.get("WW_BUILD") or pathlib.Path(context.agent).parent
    prefix = folder / "prefix"
    subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
    library = next(prefix.rglob("libwhalewall.so")).parent
    env = {**os.environ, "PKG_CONFIG_PATH": str(library / "pkgconfig"), "LD_LIBRARY_PATH": str(library)}
    for name, packages in (("poll", ["whalewall"]), ("libuv", ["whalewall", "libuv"])):
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", *packages], env=env, check=True, stdout=subprocess.PIPE, text=True)
        subprocess.run(["cc", "-std=gnu11", ROOT / "examples" / f"{name}.c", "-o", folder / name, *flags.stdout.split()], check=True)
    return env


def _shop(lab):
    lab.network("front")
    lab.container("db", nets=["front"], enabled="true")
    lab.container("web", nets=["front"], rules=RULES)
    for name in ("db", "web"):
        lab.start(name)


def _judge(context, lab, title):
    for c, fault in check(lab, CASES):
        context.report(f"{title}: {c.title}", fault)


def _private(pid):
    """Its PSS in KiB."""
    rows = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))


def _two(context, labs, env):
    folder = labs[0].dir
    ends = [word for lab in labs for word in (lab.netns("host"), f"unix://{lab.socket}")]
    host = Host(folder, [folder / "poll", folder / "agents", *ends], env)
    dirs = [f"{folder}/agents/{i}" for i in range(2)]
    host.wait(*[f"{d}: state engine=2 ready=1 containers=2" for d in dirs])
    for lab, name in zip(labs, ("one", "two")):
        _judge(context, lab, f"agent {name}")
    host.wait(*[f'{d}: drops {{"format":1' for d in dirs])
    print(f"  figures embed.pss_kib={_private(host.process.pid)}")
    context.report("it stops with success", None if (status := host.stop()) == 0 else str(status))
    context.report("the rules stay", None if "whalewall" in labs[1].run("host", ["nft", "list", "tables"]) else "they are gone")


def _jailed(context, lab, env):
    folder = lab.dir
    argv = ["nsenter", f"--net={lab.netns('host')}", folder / "libuv", folder / "agents" / "0", f"unix://{lab.socket}"]
    host = Host(folder, argv, env)
    host.wait("labels are read in processes that can do nothing else", "\nready ")
    _judge(context, lab, "in a loop of libuv")
    context.report("it stops with success, too", None if (status := host.stop()) == 0 else str(status))


def _in_lua(context, labs, env):
    """The script of the examples: two agents in one state of Lua, with a jail each. Ctrl-C ends it."""
    folder = labs[0].dir
    ends = [word for lab in labs for word in (lab.netns("host"), f"unix://{lab.socket}")]
    lua = {**env, "LUA_CPATH_5_4": f"{env['LD_LIBRARY_PATH']}/lua/5.4/?.so"}
    host = Host(folder, ["lua5.4", ROOT / "examples/agent.lua", folder / "lua", *ends], lua)
    dirs = [f"{folder}/lua/{i}" for i in (1, 2)]
    host.wait(*[f"{d}: state engine=followed ready=true containers=2" for d in dirs])
    for lab, name in zip(labs, ("one", "two")):
        _judge(context, lab, f"agent {name} in Lua")
    host.wait(*[f"{d}: dropped web -> " for d in dirs])
    host.process.send_signal(signal.SIGINT)
    status = host.process.wait(20)
    context.report("Ctrl-C ends a script", None if status == 1 and "interrupted!" in host.said() else f"{status}: {host.said()}")
    context.report("its rules stay", None if "whalewall" in labs[1].run("host", ["nft", "list", "tables"]) else "they are gone")


def run(context):
    if not context.agent or not shutil.which("pkg-config"):
        return
    with Lab(probe=context.probe) as one, Lab(probe=context.probe) as two:
        env = _built(context, one.dir)
        for lab in (one, two):
            _shop(lab)
        _two(context, (one, two), env)
        _jailed(context, one, env)
        if shutil.which("lua5.4"):
            _in_lua(context, (one, two), env)
