"""The lab's engine as a process: the one that this machine has installed, or a newer one in a folder (engine_folder.py)."""

import os
import pathlib
import signal
import subprocess

import engine_folder
from cleanup import LabError, run, wait_until
from engine import EngineError


class Dockerd:
    """Everything of it is in `folder`; its processes begin by enter(argv), and its containers are in the cgroup `cgroup`."""

    def __init__(self, engine, folder, cgroup, enter, args=()):
        self.engine = engine
        self.dir = pathlib.Path(folder)
        self.tree = engine_folder.chosen()
        self._enter = enter
        self._args = ["--cgroup-parent", f"/{cgroup}", *self._of_version(), *args]
        self._process = None

    def _of_version(self):
        """Since 28 the engine itself drops what comes to a container's own address from elsewhere: this is not its test."""
        return ["--allow-direct-routing", *engine_folder.backend_arguments()] if self.tree else []

    def _argv(self):
        argv = ["dockerd", "--config-file", self.dir / "daemon.json", "--data-root", self.dir / "data", "--exec-root", self.dir / "exec",
                "-p", self.dir / "dockerd.pid", "-H", f"unix://{self.engine.path}", "--storage-driver", "overlay2",
                "--exec-opt", "native.cgroupdriver=cgroupfs", "--experimental", "--ipv6", "--ip6tables",
                "--bip", "198.51.100.1/27", "--fixed-cidr-v6", "2001:db8:0:1::/64", *self._args]
        return engine_folder.command(self.tree, self.dir, argv) if self.tree else argv

    def start(self):
        (self.dir / "daemon.json").write_text("{}")
        if self.tree:
            engine_folder.share(self.dir)
        with open(self.dir / "dockerd.log", "ab") as log:
            self._process = subprocess.Popen(self._enter(self._argv()), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             start_new_session=True)
        try:
            wait_until("the engine answers", self._answers, 60)
        except LabError:
            raise LabError("dockerd did not start:\n" + self.log(15)) from None

    def _answers(self):
        if self._process.poll() is not None:
            raise LabError("dockerd has ended")
        try:
            return self.engine.get("/_ping") == "OK"
        except (OSError, EngineError):
            return False

    def log(self, lines):
        path = self.dir / "dockerd.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def stop(self, sig):
        if self._process and self._process.poll() is None:
            self._process.send_signal(sig)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def restart(self, kill):
        """Containers with restart policy "always" come back. After kill -9 its containerd goes with it, the containers run on."""
        containerd = self.dir / "exec" / "containerd" / "containerd.pid"
        pid = containerd.read_text().strip() if kill and containerd.exists() else None
        self.stop(signal.SIGKILL if kill else signal.SIGTERM)
        if pid:  # the next engine would wait for one that is about to die
            wait_until("containerd has ended", lambda: not os.path.exists(f"/proc/{pid}"), 10)
        (self.dir / "dockerd.pid").unlink(missing_ok=True)
        self.start()

    def kill_containers(self):
        try:
            for entry in self.engine.get("/containers/json"):
                os.kill(self.engine.get(f"/containers/{entry['Id']}/json")["State"]["Pid"], signal.SIGKILL)
            wait_until("containers end", lambda: not self.engine.get("/containers/json"), 10, 0.05)
        except (OSError, EngineError, LabError):
            pass

    def filter_bridges(self, value):
        """bridge-nf-call-… in its namespace. Engines since 27 load that module only where they need it themselves."""
        if not os.path.exists("/proc/sys/net/bridge"):
            run("modprobe", "br_netfilter")
        names = ("bridge-nf-call-iptables", "bridge-nf-call-ip6tables")
        run(*self._enter(["sh", "-c", f"for n in {' '.join(names)}; do echo {int(value)} >/proc/sys/net/bridge/$n; done"]))
