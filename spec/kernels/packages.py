"""Debian's kernels, downloaded and unpacked into the build tree. Nothing is installed, and apt's own lists stay as they are."""

import os
import re
import shutil
import subprocess

META = "linux-image-cloud-amd64"


class Missing(Exception):
    """What a kernel needs cannot be had here; the text says why."""


def output(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise Missing("%s: %s" % (" ".join(command[:2]), (done.stderr.strip() or "failed").splitlines()[-1]))
    return done.stdout


def mirror():
    """Where this machine's apt has Debian's own packages from: URI and release."""
    for line in output("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(LABEL)").splitlines():
        uri, codename, label = line.split(" ", 2)
        if label == "Debian" and "-" not in codename:
            return uri, codename
    raise Missing("apt knows no mirror of Debian: run apt-get update")


def lists(folder, uri, suite):
    """Options for apt to look at this suite of the mirror only, with lists of their own in `folder`."""
    os.makedirs(folder + "/lists/partial", exist_ok=True)
    os.makedirs(folder + "/cache/archives/partial", exist_ok=True)
    with open(folder + "/sources.list", "w") as f:
        keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
        f.write("deb [signed-by=%s] %s %s main\n" % (keys, uri, suite))
    options = [
        "-oDir::Etc::SourceList=%s/sources.list" % folder,
        "-oDir::Etc::SourceParts=/dev/null",
        "-oDir::State::Lists=%s/lists" % folder,
        "-oDir::Cache=%s/cache" % folder,
    ]
    output("apt-get", *options, "-q", "update")
    return options


def backports(folder):
    """The same for this release's backports."""
    uri, codename = mirror()
    return lists(folder, uri, codename + "-backports")


def package_of(version, options):
    """The newest package of this kernel that apt knows, or None."""
    known = subprocess.run(["apt-cache", *options, "show", META], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found = re.search(r"^Depends: (linux-image-%s\.\S+)" % re.escape(version), known.stdout, re.M)
    return found and found.group(1)


def download(version, folder):
    options = []
    package = package_of(version, options)
    if not package:
        options = backports(folder + "/apt")
        package = package_of(version, options)
    if not package:
        raise Missing("neither this machine's apt nor the backports have a kernel %s" % version)
    output("apt-get", *options, "-q", "-oAPT::Sandbox::User=root", "download", package, cwd=folder)
    return next(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".deb"))


def unpack(archive, tree):
    output("dpkg-deb", "-x", archive, tree)
    for folder, _, names in os.walk(tree + "/lib/modules"):
        packed = [os.path.join(folder, name) for name in names if name.endswith(".ko.xz")]
        if packed:
            output("xz", "-d", *packed)
    release = os.listdir(tree + "/lib/modules")[0]
    output("depmod", "-b", tree, "-F", "%s/boot/System.map-%s" % (tree, release), release)


def fetch(version, folder):
    """The unpacked package of this kernel, from an earlier run or new. Raises Missing."""
    tree = folder + "/tree"
    if os.path.isdir(tree):
        return tree
    for program in ("apt-get", "dpkg-deb", "depmod", "xz"):
        if not shutil.which(program):
            raise Missing("there is no %s here" % program)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    archive = download(version, folder)
    unpack(archive, tree + ".new")
    os.unlink(archive)
    os.rename(tree + ".new", tree)
    return tree
