"""The kernel's unit tests that look at packets and at the kernel, one part at a time."""

import os
import signal
import subprocess
import tempfile
import time

# Those that are quick first. What only compares text (lower) or reads bytes (nflog) could not miss a rule's effect.
PROGRAMS = "packets untracked in_hosts_name resets verdict closing apart errors past_bridge bridged queue protocols strangers unjudged letters published docker_user commit touched watch"
PROGRAMS += " owner ports guard drops audit conntrack"
PROGRAMS += " bound agreement"
SECONDS = 120  # more than any part takes; one that hangs without a rule misses it


class Part:
    """One of a program's tests."""

    def __init__(self, program, name):
        self.program, self.name, self.seconds, self.skipped = program, name, 0, False
        self.matches = set()  # names of the rules that its packets match

    def __str__(self):
        return "%s %s" % (os.path.basename(self.program).removeprefix("unit_kernel_test_"), self.name)

    def passes(self, **environment):
        status, output = run([self.program], dict(os.environ, WW_TEST=self.name, **environment))
        self.skipped = "SKIPPED" in output
        return status == 0

    def misses(self, name):
        """Does it fail without it, twice? The machine may be busy."""
        return not self.passes(WW_WITHOUT=name) and not self.passes(WW_WITHOUT=name)

    def can_miss(self, name):
        return name in self.matches or not name.startswith("row ")

    def measure(self):
        """Whether it can be asked at all."""
        start = time.monotonic()
        with tempfile.NamedTemporaryFile("r") as f:
            passes = self.passes(WW_MATCHED=f.name)
            self.matches = {line.strip().strip('"') for line in f}
        self.seconds = time.monotonic() - start
        if self.skipped or not (passes or self.passes()):
            why = "is left out on this kernel" if self.skipped else "does not pass alone"
            print("mutation: %s %s, and is not asked" % (self, why), flush=True)
            return False
        return True


def run(command, env):
    pipe = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, env=env, start_new_session=True, errors="replace", **pipe)
    try:
        output, _ = process.communicate(timeout=SECONDS)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        end(process)


def end(process):
    """With what it started: rooms are processes, too."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def parts_of(build, names, pool):
    """All parts that pass alone with nothing left out, the quick ones first."""
    parts = []
    for name in names.replace(",", " ").split():
        program = "%s/unit_kernel_test_%s" % (build, name)
        parts += [Part(program, part) for part in run([program], dict(os.environ, WW_TEST="?"))[1].split()]
    found = [part for part, fit in zip(parts, pool.map(Part.measure, parts)) if fit]
    found.sort(key=lambda part: part.seconds)
    print("mutation: %d parts of tests, %.0f s together" % (len(found), sum(part.seconds for part in found)), flush=True)
    return found
