"""The container image, made without a registry: it is loaded, and run as the Compose file in packaging/image says; it enforces, is healthy,
tells how it fails, and never cuts itself off."""

import json
import pathlib
import re
import subprocess
import tarfile

import engine_folder
from cleanup import LabError, wait_until
from engine import EngineError
from lab import HOST4, Lab

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MOST = 25_000_000
RULES = "mapped_ports: {external: {allow: true}}"
SECOND = 1_000_000_000


def _compose():
    """What of the Compose file an engine is asked for, read as it is written."""
    text = (SOURCE / "packaging/image/compose.yml").read_text()
    add = re.search(r"cap_add: \[(.*)\]", text)[1].split(", ")
    wanted = ["network_mode: host", "pid: host", "read_only: true", "cap_drop: [ALL]", "security_opt: [no-new-privileges]",
              "- /var/run/docker.sock:/var/run/docker.sock:ro", "- data:/var/lib/whalewall"]
    missing = [line for line in wanted if line not in text]
    if missing:
        raise LabError(f"the Compose file has changed, and this suite has not: {missing}")
    return {"NetworkMode": "host", "PidMode": "host", "ReadonlyRootfs": True, "CapDrop": ["ALL"], "CapAdd": add,
            "SecurityOpt": ["no-new-privileges"]}


class Contained:
    """The program in its container."""

    def __init__(self, lab, image, name="firewall", env=(), labels=None, command=(), **more):
        self.lab, self.name = lab, name
        host = {**_compose(), "Binds": [f"{lab.socket}:/var/run/docker.sock:ro", "data:/var/lib/whalewall"], **more}
        body = {"Image": image, "Env": list(env), "Cmd": list(command), "Labels": labels or {}, "HostConfig": host,
                "Healthcheck": {"Interval": SECOND, "StartPeriod": SECOND // 2}}
        lab.engine.post("/containers/create", body, name=name)
        lab.engine.post(f"/containers/{name}/start")

    def state(self):
        return self.lab.engine.get(f"/containers/{self.name}/json")["State"]

    def log(self):
        return str(self.lab.engine.get(f"/containers/{self.name}/logs", stdout=1, stderr=1))

    def run(self, *argv):
        """In its container: (exit status, output)."""
        begun = self.lab.engine.post(f"/containers/{self.name}/exec", {"Cmd": list(argv), "AttachStdout": True})["Id"]
        text = self.lab.engine.post(f"/exec/{begun}/start", {"Detach": False, "Tty": True})
        return self.lab.engine.get(f"/exec/{begun}/json")["ExitCode"], text

    def wait(self, words, seconds=20):
        try:
            wait_until(f"its log says {words!r}", lambda: words in self.log(), seconds, 0.1)
        except LabError as error:
            raise LabError(f"{error}\n{self.state()}\n{self.log()[-3000:]}") from None

    def healthy(self):
        try:
            wait_until("it is healthy", lambda: self.state()["Health"]["Status"] == "healthy", 20, 0.1)
        except LabError as error:
            return f"{error}: {self.state()['Health']}"
        return None

    def ended(self):
        return wait_until("it ends", lambda: (s := self.state())["Status"] == "exited" and s, 20, 0.1)["ExitCode"]

    def remove(self, stop=True):
        if stop:
            self.lab.engine.post(f"/containers/{self.name}/stop", t=10)
            status = self.state()["ExitCode"]
        self.lab.engine.delete(f"/containers/{self.name}", force=1)
        return status if stop else None


def _expect(context, title, got, wanted):
    context.report(title, None if got == wanted else f"wanted {wanted!r}, got {got!r}")


def _made(context, lab):
    """The image's name. Nothing in it is a shell, or can become one."""
    archive = lab.dir / "image.tar"
    subprocess.run([SOURCE / "scripts/image", "--program", context.agent, "--out", archive], check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(archive) as outer:
        layer = outer.extractfile(outer.getmember("./layer.tar"))
        files = {m.name.removeprefix("."): m for m in tarfile.open(fileobj=layer).getmembers() if m.isfile()}
        name = json.load(outer.extractfile("./manifest.json"))[0]["RepoTags"][0]
    programs = [path for path, m in files.items() if m.mode & 0o111 and not re.search(r"\.so[.0-9]*$|/ld-linux", path)]
    _expect(context, "its only program", programs, ["/usr/sbin/whalewall"])
    _expect(context, "what is set-user-id in it", [p for p, m in files.items() if m.mode & 0o6000], [])
    size = sum(m.size for m in files.values())
    context.report(f"{size / 1e6:.1f} MB, {MOST / 1e6:.0f} at most", None if size <= MOST else "it is larger")
    lab.engine.call("POST", "/images/load", raw=archive.read_bytes())
    return name


def _is_enforced(lab):
    return (lab.probe("outside", f"tcp {HOST4} 8080").outcome, lab.probe("outside", f"tcp {lab.addr('web', 'front')} 81").outcome) == ("pass", "timeout")


def _enforces(context, lab, image):
    _expect(context, "before it comes all is open", lab.probe("outside", f"tcp {lab.addr('web', 'front')} 81").outcome, "pass")
    program = Contained(lab, image)
    program.wait('"ready"')
    _expect(context, "the container is enforced", _is_enforced(lab), True)
    if not engine_folder.chosen():  # what an engine in a folder runs in a container later finds the machine's root there
        context.report("it is healthy", program.healthy())
        _expect(context, "there is no shell", program.run("/bin/sh", "-c", "true")[0] not in (0, None), True)
    asked = Contained(lab, image, "asked", command=["status", "-json"])
    ended = asked.ended()
    _expect(context, "it knows which process is of which container", (ended, '"pids_hidden"' in asked.log()), (0, False))
    asked.remove(stop=False)
    found = re.search(r'"user": ?(\d+)', program.log())
    _expect(context, "the process that reads the labels is user 65534", found and found[1], "65534")
    _expect(context, "it ends well", program.remove(), 0)
    _expect(context, "its rules stay", _is_enforced(lab), True)


def _never_itself(context, lab, image):
    """Closed as it would be if it had a network of its own; and what is started then is enforced as ever."""
    labels = {"whalewall.enabled": "true", "whalewall.rules": "output: []"}
    program = Contained(lab, image, labels=labels, env=["WHALEWALL_GUARD=all"])
    program.wait("cannot be enforced from the host")
    lab.container("late", nets=["front"], enabled="true")
    lab.start("late")
    program.wait('"container.name":"late"')
    _expect(context, "what starts now is closed", lab.probe("outside", f"tcp {lab.addr('late', 'front')} 80").outcome, "timeout")
    _expect(context, "it follows the engine", "the Docker engine is away" in program.log(), False)
    context.report("and was obeyed in its options", None if '"network":"bridge"' in program.log() else program.log()[-2000:])
    program.remove()


def _without_pids(context, lab, image):
    program = Contained(lab, image, PidMode="")
    program.wait('"ready"')
    _expect(context, "without pid: host it enforces", _is_enforced(lab), True)
    program.wait("run the program in the host's pid namespace")
    program.remove()


def _wrong(context, lab, image):
    program = Contained(lab, image, env=["WHALEWALL_GAURD=all"])
    _expect(context, "a variable that is none ends it", program.ended(), 2)
    context.report("and is told", None if "variable WHALEWALL_GAURD: no option is called so" in program.log() else program.log())
    program.remove(stop=False)


def run(context):
    if not context.agent:
        return
    with Lab(probe=context.probe) as lab:
        lab.network("front")
        lab.container("web", nets=["front"], ports=["8080:80"], rules=RULES)
        lab.start("web")
        image = _made(context, lab)
        try:
            for part in (_enforces, _never_itself, _without_pids, _wrong):
                part(context, lab, image)
        except EngineError as error:
            context.report("the engine", f"{error}\n{lab.engine_log(20)}")
