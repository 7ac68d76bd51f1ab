"""Running programs, waiting for a state, and removing what a lab has left on the machine."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PREFIX = "wwlab-"


class LabError(Exception):
    pass


def run(*argv, check=True, **kw):
    """Run a program; its stdout as text. LabError with its stderr when it fails."""
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=60, **kw)
    if check and done.returncode:
        raise LabError(f"{' '.join(map(str, argv))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def wait_until(what, check, seconds=2.0, pause=0.01):
    """Poll until check() is true; returns its value, or raises LabError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"not within {seconds} s: {what}")
        time.sleep(pause)


def exit_on_signals():
    """Let a closed terminal or a kill end this program as Ctrl-C does: in order, with everything removed."""
    for sig in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(sig) == signal.SIG_DFL:  # nohup has it ignored
            signal.signal(sig, lambda number, _: sys.exit(128 + number))


@contextlib.contextmanager
def undisturbed():
    """The signals that end this program, and the programs that it runs in here, wait until this is over."""
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def _pids_of(folder):
    """Processes whose command line names a path in this folder: the engine's containerd and shims."""
    needle = str(folder).encode() + b"/"
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if needle in (entry / "cmdline").read_bytes():
                    yield int(entry.name)
            except OSError:
                pass


def sweep_folder(folder):
    """End what still runs on this lab's folder, unmount what is mounted in it, and remove it."""
    for _ in range(3):
        for pid in list(_pids_of(folder)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
    mounts = [line.split()[1] for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if f"{m}/".startswith(f"{folder}/")), reverse=True):
        run("umount", "-l", mount, check=False)
    shutil.rmtree(folder, ignore_errors=True)
    name = pathlib.Path(folder).name
    for pattern in (name, f"*/{name}"):
        for root in pathlib.Path("/sys/fs/cgroup").glob(pattern):
            _remove_cgroup(root)


def _remove_cgroup(root):
    """Containers whose engine was killed run on: they are found in their cgroup."""
    for path, _, _ in os.walk(root, topdown=False):
        try:
            for pid in (pathlib.Path(path) / "cgroup.procs").read_text().split():
                os.kill(int(pid), signal.SIGKILL)
                wait_until("it ends", lambda: not pathlib.Path(f"/proc/{pid}").exists(), 2)
            os.rmdir(path)
        except (OSError, LabError):
            pass


def sweep():
    """Remove what labs have left whose process is gone (killed with -9). Running labs are left alone."""
    for folder in pathlib.Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not pathlib.Path(f"/proc/{owner}").exists():
            sweep_folder(folder)
    for path in pathlib.Path("/run/netns").glob(f"{PREFIX}*"):
        owner = path.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not pathlib.Path(f"/proc/{owner}").exists():
            run("ip", "netns", "del", path.name, check=False)
