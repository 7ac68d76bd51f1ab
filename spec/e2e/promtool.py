"""promtool, which reads metrics and alerts as Prometheus does: the one that is installed, or that of Debian's package prometheus, of which
only it is unpacked, once, into the build tree. Nothing is installed.

    promtool.say(folder, "check", "metrics", text=…)     # "" for nothing; None: it cannot be had here
"""

import fcntl
import pathlib
import shutil
import subprocess
import tempfile

PACKAGE = "prometheus"


def _unpack(folder, program):
    """Whole or not at all: it is renamed into its place."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        subprocess.run(["apt-get", "-q", "download", PACKAGE], cwd=made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=300)
        package = next(pathlib.Path(made).glob("*.deb"))
        tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", made, "./usr/bin/promtool"], stdin=tar.stdout, check=True)
        tar.wait()
        (pathlib.Path(made) / "usr/bin/promtool").rename(program)


def find(folder):
    """The program, or None."""
    installed = shutil.which("promtool")
    if installed:
        return installed
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    program = folder / "promtool"
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            try:
                _unpack(folder, program)
            except (OSError, StopIteration, subprocess.SubprocessError) as why:
                print(f"  promtool cannot be had here: {why}", flush=True)
                return None
    return program


def say(folder, *args, text=""):
    program = find(folder)
    if not program:
        return None
    done = subprocess.run([program, *args], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.stdout or "failed" if done.returncode else ""
