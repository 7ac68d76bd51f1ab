"""What the machine runs from: the programs under test, what they call, and the modules they make the kernel load."""

import os
import shutil
import subprocess
import sys

TOOLS = [
    "busybox", "dash", "kmod", "ip", "bridge", "nft", "conntrack", "iptables-nft", "iptables-nft-save", "iptables-nft-restore",
    "ip6tables-nft", "ip6tables-nft-save", "ip6tables-nft-restore", "iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "/usr/bin/python3",
]  # fmt: skip
KMOD = ["modprobe", "insmod", "rmmod", "lsmod", "depmod", "modinfo"]
# Of the kernel's modules: the whole of its networking, the interfaces that containers have, and what these need.
MODULES = ["kernel/net/", "kernel/drivers/net/"]
NO_MODULES = ["kernel/drivers/net/%s/" % x for x in ("ethernet", "wireless", "usb", "hyperv", "phy", "can", "wan", "fddi")]
# Of Python: what the programs inside import, and what that loads.
PYTHON = "argparse base64 codecs collections concurrent.futures.thread ctypes datetime encodings.idna hashlib http.client http.server ipaddress json "
PYTHON += "fnmatch queue random re select signal socket socketserver ssl struct subprocess tempfile threading time traceback urllib.parse"


class Stage:
    def __init__(self, root):
        self.root = root
        shutil.rmtree(root, ignore_errors=True)
        for folder in ("bin", "sbin", "lib", "lib64"):
            os.makedirs(os.path.join(root, "usr", folder))
            os.symlink("usr/" + folder, os.path.join(root, folder))
        for folder in ("proc", "sys", "dev", "run", "tmp", "etc", "root", "var"):
            os.makedirs(os.path.join(root, folder))

    def path(self, path):
        inside = os.path.join(self.root, path.lstrip("/"))
        os.makedirs(os.path.dirname(inside), exist_ok=True)
        return inside

    def copy(self, path):
        """A file of this machine, under the same path."""
        if not os.path.exists(self.path(path)):
            shutil.copy2(path, self.path(path))

    def program(self, path):
        """The same with the libraries that it names."""
        self.copy(path)
        for line in subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.splitlines():
            words = line.split()
            library = words[2] if "=>" in words and len(words) > 2 else words[0]
            if library.startswith("/"):
                self.copy(library)

    def folder(self, path):
        for folder, _, names in os.walk(path):
            for name in names:
                self.copy(os.path.join(folder, name))

    def link(self, path, target):
        if not os.path.lexists(self.path(path)):
            os.symlink(target, self.path(path))

    def text(self, path, text, mode=0o644):
        with open(self.path(path), "w") as f:
            f.write(text)
        os.chmod(self.path(path), mode)


def add_tools(stage):
    for tool in TOOLS:
        path = shutil.which(tool)
        if path:
            stage.program(path)
    for name in KMOD:
        stage.link("/sbin/" + name, shutil.which("kmod"))
    extensions = "/usr/lib/x86_64-linux-gnu/xtables"
    if os.path.isdir(extensions):
        stage.folder(extensions)
    for path in ("/etc/protocols", "/etc/services"):
        if os.path.exists(path):
            stage.copy(path)
    stage.link("/usr/bin/sh", shutil.which("dash"))  # busybox's own prefers its applets to the programs of that name
    busybox = shutil.which("busybox")
    for applet in subprocess.run([busybox, "--list"], stdout=subprocess.PIPE, text=True).stdout.split():
        stage.link("/usr/bin/" + applet, busybox)


def add_python(stage):
    imports = "import sys, %s; print(*{m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)}, sep='\\n')"
    names = subprocess.run(
        ["/usr/bin/python3", "-I", "-c", imports % PYTHON.replace(" ", ", ")], stdout=subprocess.PIPE, text=True, check=True
    )
    for path in names.stdout.splitlines():
        stage.program(path)
    stage.folder(os.path.dirname(os.__file__.replace(sys.prefix, "/usr")) + "/encodings")


def modules_wanted(tree, release):
    """Paths below lib/modules/<release>, with those that they depend on."""
    needs = {}
    with open("%s/lib/modules/%s/modules.dep" % (tree, release)) as f:
        for line in f:
            name, _, rest = line.partition(":")
            needs[name] = rest.split()
    wanted = set()
    for name in needs:
        if any(name.startswith(x) for x in MODULES) and not any(name.startswith(x) for x in NO_MODULES):
            wanted.update([name], needs[name])
    return wanted


def add_modules(stage, tree):
    release = os.listdir(tree + "/lib/modules")[0]
    inside = "lib/modules/" + release
    for name in modules_wanted(tree, release):
        shutil.copy2("%s/%s/%s" % (tree, inside, name), stage.path("%s/%s" % (inside, name)))
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy2("%s/%s/%s" % (tree, inside, name), stage.path("%s/%s" % (inside, name)))
    subprocess.run(["depmod", "-b", stage.root, release], check=True)


def pack(stage, image):
    """Not compressed: software emulation takes longer to unpack than to load."""
    with open(image, "wb") as out:
        find = subprocess.Popen(["find", ".", "-print0"], cwd=stage.root, stdout=subprocess.PIPE)
        cpio = ["cpio", "--null", "--create", "--format=newc", "--quiet", "--owner=+0:+0"]
        subprocess.run(cpio, cwd=stage.root, stdin=find.stdout, stdout=out, check=True)
        find.wait()


def build(folder, tree, programs, files, texts=None):
    """An image with `programs` (their arguments behind them, in their order), which are files of this machine, with `files` under the
    paths that they have here, and with `texts` under theirs; its path."""
    stage = Stage(folder + "/root")
    add_tools(stage)
    add_python(stage)
    add_modules(stage, tree)
    for line in programs:
        stage.program(line.split()[0])
    for path in files:
        (stage.folder if os.path.isdir(path) else stage.program)(path)
    stage.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    for path, text in (texts or {}).items():
        stage.text(path, text)
    stage.text("/tests", "".join(line + "\n" for line in programs))
    shutil.copy2(os.path.join(os.path.dirname(os.path.abspath(__file__)), "init"), stage.path("/init"))
    pack(stage, folder + "/initramfs")
    return folder + "/initramfs"
