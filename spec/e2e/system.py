"""A Debian that boots, with systemd and all, in a container of systemd-nspawn whose network is the lab's host.

    with System(lab, root) as system:      # what is written to it is gone with the lab
        system.boot()
        system.run("systemctl", "is-active", "whalewall")   # stdout; LabError where it fails
        system.tell("dpkg", "-i", …)       # (exit status, output)
        system.halt()                      # as a machine that is switched off; boot() again
"""

import os
import pathlib
import shutil
import signal
import subprocess

from cleanup import LabError, run, wait_until

# $1 the cgroup, then the command: in a cgroup of its own of each hierarchy, where it makes its own.
ENTER = """
cgroup=$1
shift
for root in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -e "$root/cgroup.procs" ] || continue
    mkdir -p "$root/$cgroup"
    echo $$ >"$root/$cgroup/cgroup.procs"
done
unset NOTIFY_SOCKET
exec "$@"
"""
ENGINE = "L /run/docker.sock - - - - /run/engine/docker.sock\n"


class System:
    """Its /run/docker.sock is the engine's of the lab, whenever there is one."""

    def __init__(self, lab, root):
        self.lab = lab
        self.dir = lab.dir / "system"
        self.root = self.dir / "root"
        self.name = f"{lab.dir.name}-system"
        self._nspawn = None
        self._leader = None
        for name in ("root", "upper", "work"):
            (self.dir / name).mkdir(parents=True)
        # users of the system must get through to its root, and to nothing else of the lab's
        for path in (lab.dir, self.dir):
            path.chmod(0o711)
        run("mount", "-t", "overlay", "-o", f"lowerdir={root},upperdir={self.dir}/upper,workdir={self.dir}/work", "system", self.root)
        (self.root / "etc/tmpfiles.d/engine.conf").write_text(ENGINE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.halt(signal.SIGKILL)
        run("umount", "-l", self.root, check=False)
        shutil.rmtree(f"/run/systemd/nspawn/propagate/{self.name}", ignore_errors=True)

    def chroot(self, *argv):
        """Before it boots, say."""
        return run("chroot", self.root, *argv)

    def copy(self, path):
        shutil.copy(path, self.root / "opt")
        return f"/opt/{pathlib.Path(path).name}"

    def boot(self, seconds=60):
        argv = ["systemd-nspawn", "-q", "-D", self.root, f"--machine={self.name}", "--keep-unit", "--register=no", "--timezone=off",
                f"--network-namespace-path={self.lab.netns('host')}", "--capability=CAP_NET_ADMIN", "--resolv-conf=off",
                "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",  # as no machine forbids them
                "--console=read-only", f"--bind={self.lab.dir}:/run/engine:norbind", "-b", "systemd.unit=multi-user.target"]
        with open(self.dir / "console", "ab") as console:
            self._nspawn = subprocess.Popen(["sh", "-c", ENTER, "enter", f"{self.lab.dir.name}/system", *map(str, argv)],
                                            stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        self._leader = wait_until("the system has a first process", self._find_leader, seconds)
        wait_until("the system is up", self._is_up, seconds, 0.1)

    def _fail(self):
        text = (self.dir / "console").read_text(errors="replace")
        raise LabError("systemd-nspawn has ended:\n" + "\n".join(text.splitlines()[-15:]))

    def _find_leader(self):
        """nspawn's child, whose comm is systemd from its exec on."""
        if self._nspawn.poll() is not None:
            self._fail()
        for path in pathlib.Path("/proc").glob("[0-9]*/comm"):
            try:
                if path.read_text() == "systemd\n" and self._is_below(path.parent.name):
                    return path.parent.name
            except (OSError, ValueError):
                pass
        return None

    def _is_below(self, pid):
        while pid not in ("0", "1"):
            if pid == str(self._nspawn.pid):
                return True
            pid = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]
        return False

    def _is_up(self):
        if self._nspawn.poll() is not None:
            self._fail()
        return self.tell("systemctl", "is-system-running")[1].strip() in ("running", "degraded")

    def tell(self, *argv, **environment):
        words = ["nsenter", "-t", self._leader, "-m", "-u", "-i", "-n", "-p", "-r", "-w", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                 "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", *(f"{k}={v}" for k, v in environment.items()), *map(str, argv)]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        return done.returncode, done.stdout

    def run(self, *argv, **environment):
        status, text = self.tell(*argv, **environment)
        if status:
            raise LabError(f"{' '.join(map(str, argv))}: status {status}: {text}")
        return text

    def halt(self, sig=signal.SIGTERM):
        """SIGTERM switches it off in order; SIGKILL is the plug."""
        if self._nspawn and self._nspawn.poll() is None:
            if sig == signal.SIGKILL and self._leader:
                os.kill(int(self._leader), signal.SIGKILL)
            self._nspawn.send_signal(sig)
            try:
                self._nspawn.wait(30)
            except subprocess.TimeoutExpired:
                self._nspawn.kill()
                self._nspawn.wait()
        self._leader = None
