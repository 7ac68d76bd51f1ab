"""Debian's cross-compiler for arm64, qemu, and the libraries of arm64, unpacked into a folder. Nothing is installed, and apt's own lists
stay as they are.

    fetch("build/arm64/debian")     # downloads by apt what is not there yet (120 MB); raises Missing
"""

import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "spec" / "kernels"))

from packages import Missing, lists, mirror, output  # noqa: E402

GCC = "12"
# of this machine's kind; what else a compiler loads, gcc has brought here already
TOOLS = [f"gcc-{GCC}-aarch64-linux-gnu", f"cpp-{GCC}-aarch64-linux-gnu", "binutils-aarch64-linux-gnu", f"libgcc-{GCC}-dev-arm64-cross",
         "qemu-user-static"]
ROOTED = ["-oAPT::Sandbox::User=root"]
CROSS = ["-oAPT::Architecture=arm64", "-oAPT::Architectures=arm64", "-oDir::State::status=/dev/null"]
# Debian's compiler finds its own parts beside itself; those of binutils want their library named.
WRAPPER = """#!/bin/sh
LD_LIBRARY_PATH={tools}/usr/lib/x86_64-linux-gnu exec {tools}/usr/bin/aarch64-linux-gnu-{program} "$@"
"""
WRAPPED = {"cc": f"gcc-{GCC}", "ar": "ar", "ranlib": "ranlib", "nm": "nm", "strip": "strip"}


def libraries():
    """What scripts/install-packages installs to build, but for programs; and the tests' own."""
    text = (ROOT / "scripts/install-packages").read_text()
    words = re.search(r"^build_packages=\((.*?)\)", text, re.S | re.M)[1].split()
    return [word for word in words if word.endswith("-dev")] + ["libcmocka-dev"]


def _unpack(archives, folder):
    for archive in archives:
        output("dpkg-deb", "-x", str(archive), str(folder))


def _libraries(folder, sysroot):
    options = [*lists(f"{folder}/apt", *mirror()), *CROSS, *ROOTED]
    output("apt-get", *options, "-q", "update")
    output("apt-get", *options, "-q", "-y", "--no-install-recommends", "--download-only", "install", *libraries())
    _unpack((folder / "apt/cache/archives").glob("*.deb"), sysroot)
    shutil.rmtree(folder / "apt")


def _tools(folder, tools):
    work = folder / "archives"
    work.mkdir()
    output("apt-get", *ROOTED, "-q", "download", *TOOLS, cwd=str(work))
    _unpack(work.glob("*.deb"), tools)
    shutil.rmtree(work)


def fetch(folder):
    """From an earlier run or new."""
    folder = pathlib.Path(folder).absolute()
    if (folder / "complete").exists():
        return folder
    if output("dpkg", "--print-architecture").strip() != "amd64":
        raise Missing("the cross-compiler that is downloaded is for amd64")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _libraries(folder, folder / "sysroot")
    _tools(folder, folder / "tools")
    for name, program in WRAPPED.items():
        wrapper = folder / "tools" / name
        wrapper.write_text(WRAPPER.format(tools=folder / "tools", program=program))
        wrapper.chmod(0o755)
    (folder / "complete").touch()
    return folder
