"""The root of a fresh Debian: the least that debootstrap makes, systemd, and what the packages load. Nothing is installed here.

    root = fetch("build/package", depends)   # downloads what is not there yet (about 55 MB); raises Missing
"""

import fcntl
import pathlib
import re
import shutil
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "kernels"))

from packages import Missing, mirror, output  # noqa: E402


def depends(archive):
    """What a package needs, by name; of alternatives the first."""
    words = output("dpkg-deb", "-f", str(archive), "Depends").split(",")
    return [re.match(r"\s*([a-z0-9.+-]+)", word).group(1) for word in words]


def _make(root, names):
    uri, codename = mirror()
    new = root.with_name("root.new")
    shutil.rmtree(new, ignore_errors=True)
    include = ",".join(sorted({"systemd", "systemd-sysv", *names}))
    output("debootstrap", "--variant=minbase", f"--include={include}", codename, str(new), uri)
    shutil.rmtree(new / "var/cache/apt/archives")
    (new / "var/cache/apt/archives/partial").mkdir(parents=True)
    shutil.rmtree(root, ignore_errors=True)
    new.rename(root)


def _has(root, names):
    folder = root / "var/lib/dpkg/info"
    known = {path.stem.split(":")[0] for path in folder.glob("*.list")} if folder.is_dir() else set()
    return known and all(name in known or name.startswith("debconf") for name in names)


def fetch(folder, names):
    """From an earlier run or new; it is made anew where it has not all of them."""
    for program in ("debootstrap", "systemd-nspawn", "dpkg-deb"):
        if not shutil.which(program):
            raise Missing(f"there is no {program} here")
    root = pathlib.Path(folder).absolute() / "root"
    with open(root.with_name("root.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _has(root, names):
            _make(root, names)
    return root
