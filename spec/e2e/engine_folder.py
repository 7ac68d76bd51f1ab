"""A newer engine than this machine's: docker.io of a newer Debian release and what it loads, unpacked into a folder. Nothing is installed.

    tree = fetch("build/engine")          # downloads by apt what is not there yet; raises Missing
    command(tree, lab, ["dockerd", …])    # the words that run it: a mount namespace of its own, whose root is the folder

Its containers are as visible as any: their process ids and network namespaces are the machine's, and what the engine mounts
in the lab's folder is seen there from outside, too.
"""

import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "kernels"))

from cleanup import run  # noqa: E402
from packages import Missing, lists, mirror, output  # noqa: E402

RELEASE = "forky"
# apt finds what they load; the last one is in place of the whole of systemd
PACKAGES = ["docker.io", "iptables", "nftables", "systemd-standalone-sysusers"]
UNUSED = ["usr/share", "usr/bin/ctr"]
ENVIRONMENT_FOLDER, ENVIRONMENT_BACKEND = "WW_ENGINE", "WW_FIREWALL_BACKEND"

# $1 the tree, $2 the lab's folder, then the command. Nothing that is mounted here gets out, but for what is in the lab's folder.
MOUNTS = """
set -e
tree=$1 lab=$2
shift 2
mount --make-private "$(findmnt -nro TARGET -T "$tree")"
mount --bind "$tree" "$tree" # a root must be a mount: the engine remounts it where it unpacks
for name in proc dev; do mount --rbind "/$name" "$tree/$name"; done
mount -t sysfs lab "$tree/sys" # with the bridges of this network namespace
mount --rbind /sys/fs/cgroup "$tree/sys/fs/cgroup"
mkdir -p "$lab/run"
mount --bind "$lab/run" "$tree/run"
[ ! -e /etc/resolv.conf ] || mount --bind /etc/resolv.conf "$tree/etc/resolv.conf"
mkdir -p "$tree${lab%/*}"
mount -t tmpfs lab "$tree${lab%/*}"
mkdir "$tree$lab"
mount --rbind "$lab" "$tree$lab" # an engine that is started again finds what the last one has mounted
exec chroot "$tree" "$@"
"""


def chosen():
    """The unpacked folder that this run is about, or None: this machine's own engine."""
    folder = os.environ.get(ENVIRONMENT_FOLDER)
    return pathlib.Path(folder) / "tree" if folder else None


def choose(folder, backend=None):
    os.environ[ENVIRONMENT_FOLDER] = os.path.abspath(folder)
    os.environ[ENVIRONMENT_BACKEND] = backend or ""


def backend_arguments():
    backend = os.environ.get(ENVIRONMENT_BACKEND)
    return [f"--firewall-backend={backend}"] if backend else []


def backends(tree):
    """Its firewall backends by name; [None] where it has one only and no option for it."""
    words = output("chroot", str(tree), "dockerd", "--help")
    return ["iptables", "nftables"] if "--firewall-backend" in words else [None]


def version(tree):
    return re.search(r"version (\d[\d.]*)", output("chroot", str(tree), "dockerd", "--version")).group(1)


def command(tree, lab, argv):
    """exec all the way, so that the process is dockerd itself."""
    return ["unshare", "-m", "--propagation", "unchanged", "sh", "-c", MOUNTS, "mounts", tree, lab, *argv]


def share(lab):
    """The lab's folder becomes a mount of its own, which the engine's namespace shares."""
    mounts = [line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
    if str(lab) not in mounts:  # os.path.ismount() sees no bind mount
        run("mount", "--bind", lab, lab)
        run("mount", "--make-shared", lab)


def _download(folder):
    options = [*lists(f"{folder}/apt", *mirror()[:1], RELEASE), "-oDir::State::status=/dev/null"]  # as if nothing were installed
    output("apt-get", *options, "-q", "-y", "-oAPT::Sandbox::User=root", "--no-install-recommends", "--download-only", "install", *PACKAGES)
    return sorted((folder / "apt/cache/archives").glob("*.deb"))


def _complete(tree):
    """What packages do when they are installed, as far as an engine needs it."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if not (tree / name).exists():
            (tree / name).symlink_to(f"usr/{name}")
    for name in ("proc", "sys", "dev", "run", "tmp", "etc"):
        (tree / name).mkdir(exist_ok=True)
    (tree / "etc/resolv.conf").touch()
    (tree / "usr/lib/os-release").write_text('PRETTY_NAME="a folder"\nVERSION_ID=0\n')
    for family in ("iptables", "ip6tables"):
        for what in ("", "-save", "-restore"):
            (tree / "usr/sbin" / f"{family}{what}").symlink_to("xtables-nft-multi")
    for path in UNUSED:
        shutil.rmtree(tree / path) if (tree / path).is_dir() else (tree / path).unlink(missing_ok=True)


def fetch(folder):
    """The unpacked engine, from an earlier run or new. Raises Missing."""
    tree = pathlib.Path(folder).absolute() / "tree"
    for program in ("apt-get", "dpkg-deb", "findmnt", "unshare", "chroot"):
        if not shutil.which(program):
            raise Missing(f"there is no {program} here")
    tree.parent.mkdir(parents=True, exist_ok=True)
    with open(tree.with_name("lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return tree if tree.is_dir() else _new(tree)


def _new(tree):
    folder = tree.parent
    new = tree.with_name("tree.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for archive in _download(folder):
        output("dpkg-deb", "-x", str(archive), str(new))
    _complete(new)
    for program in (["dockerd", "--version"], ["containerd", "--version"], ["runc", "--version"], ["iptables", "--version"],
                    ["nft", "--version"], ["docker-init", "--version"]):
        output("chroot", str(new), *program)  # it has what it loads
    shutil.rmtree(folder / "apt")
    new.rename(tree)
    return tree
