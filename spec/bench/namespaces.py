"""Network namespaces of the bench's own: made, wired, and removed again."""

import contextlib
import os
import pathlib
import subprocess

PREFIX = "wwbench-"


def run(*argv, **kw):
    """Run a program; its stdout. Raises with its stderr when it fails."""
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False, **kw)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, argv))[:200]}: {done.stderr.strip()}")
    return done.stdout


class Namespaces(contextlib.ExitStack):
    """with Namespaces() as spaces: host = spaces.make("host")"""

    def make(self, name):
        full = f"{PREFIX}{os.getpid()}-{name}"
        run("ip", "netns", "add", full)
        self.callback(subprocess.run, ["ip", "netns", "del", full], check=False)
        space = Namespace(full)
        space.ip("link", "set", "lo", "up")
        return space


class Namespace:
    def __init__(self, name):
        self.name = name
        self.path = f"/run/netns/{name}"

    def ip(self, *words):
        return run("ip", "-n", self.name, *words)

    def ip_batch(self, lines):
        return run("ip", "-n", self.name, "-batch", "-", input="\n".join(lines) + "\n")

    def sysctl(self, key, value):
        """What this kernel does not have is left out."""
        self.run("sh", "-c", f"test ! -e /proc/sys/{key.replace('.', '/')} || sysctl -qw {key}={value}")

    def enter(self, *argv):
        """The words that run argv in it."""
        return ["nsenter", f"--net={self.path}", *[str(a) for a in argv]]

    def run(self, *argv, **kw):
        return run(*self.enter(*argv), **kw)

    def nft(self, text):
        return self.run("nft", "-f", "-", input=text)


def sweep():
    """Remove what runs have left that were killed."""
    for path in pathlib.Path("/run/netns").glob(f"{PREFIX}*"):
        owner = path.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not pathlib.Path(f"/proc/{owner}").exists():
            subprocess.run(["ip", "netns", "del", path.name], check=False)
