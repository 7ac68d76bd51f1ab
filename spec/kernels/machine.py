"""A virtual machine that runs an image once, and what it said."""

import os
import subprocess
import time

# With a clock that counts instructions and skips what is idle, a machine in software measures the same times however
# loaded this one is: a packet that is waited for has the same time to arrive. An old processor: what is emulated of newer ones
# costs more than it saves. And cmpxchg16b of qemu 7.2 spoils the flags now and then, which newer kernels' allocators do not survive.
SOFTWARE = ["-accel", "tcg", "-icount", "shift=2,sleep=off", "-cpu", "Nehalem,-cx16,+rdrand"]
HARDWARE = ["-accel", "kvm", "-cpu", "host"]
WAKE_SECONDS = 5  # a kernel on hardware has said something after that


def command(tree, image, folder, accelerator):
    release = os.listdir(tree + "/lib/modules")[0]
    return ["qemu-system-x86_64", *accelerator] + [
        "-smp", "1", "-m", "1024", "-nodefaults", "-display", "none", "-no-reboot",
        "-kernel", "%s/boot/vmlinuz-%s" % (tree, release), "-initrd", image,
        "-append", "console=ttyS0 panic=-1 loglevel=5 random.trust_cpu=on mitigations=off",
        "-serial", "file:%s/console" % folder, "-serial", "file:%s/said" % folder,
    ]  # fmt: skip


class Machine:
    """Started; ended at the end of the block."""

    def __init__(self, tree, image, folder, accelerator):
        self.folder = folder
        for name in ("console", "said"):
            open("%s/%s" % (folder, name), "w").close()
        with open(folder + "/qemu", "w") as errors:
            arguments = command(tree, image, folder, accelerator)
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def text(self, name):
        with open("%s/%s" % (self.folder, name), errors="replace") as f:
            return f.read().replace("\r", "")

    def awake(self):
        """Whether it runs at all: where /dev/kvm is there but of no use, it dies or is silent."""
        end = time.monotonic() + WAKE_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if self.text("console"):
                return True
            time.sleep(0.05)
        return False

    def finish(self, seconds):
        """What it said until it ended itself, for so many seconds at the most."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        return self.text("said").splitlines()


def run(tree, image, folder, seconds):
    """Lines that the machine said, and on what it ran."""
    if os.access("/dev/kvm", os.R_OK | os.W_OK):
        with Machine(tree, image, folder, HARDWARE) as machine:
            if machine.awake():
                return machine.finish(seconds), "hardware"
    with Machine(tree, image, folder, SOFTWARE) as machine:
        return machine.finish(seconds), "software"
