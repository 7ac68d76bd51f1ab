"""The kernel's unit tests that look at packets and at the kernel, one part at a time."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time

# Those that are quick first. What only compares text (lower) or reads bytes (nflog) could not miss a rule's effect.
PROGRAMS = "rule_kinds packets untracked in_hosts_name resets verdict closing apart errors past_bridge hidden queriers path_mtu bridged queue protocols strangers unjudged letters published docker_user commit touched watch"
PROGRAMS += " owner ports guard drops audit conntrack"
PROGRAMS += " bridged_rules bridged_drops bound agreement"
OF_ELEMENTS = ("elements", "closing", "needs", "spares")  # facts that say something of a set with elements only
STILL = 600  # so many seconds after it passed a part need not be asked anew whether it still does
SECONDS = 600  # more than any part takes
SLOWER = 5  # so many times as long as it took with nothing left out, and two minutes: then it hangs without the rule, and misses it


class Part:
    """One of a program's tests."""

    def __init__(self, program, name):
        self.program, self.name, self.seconds, self.skipped = program, name, 0, False
        self.matches = set()  # names of the rules that its packets match, and of the sets that it fills ("flag elements …")
        self.passed = None  # when it did last, with nothing left out

    def __str__(self):
        return "%s %s" % (os.path.basename(self.program).removeprefix("unit_kernel_test_"), self.name)

    def passes(self, **environment):
        limit = SLOWER * self.seconds + 120 if self.seconds else SECONDS
        status, output = run([self.program], dict(os.environ, WW_TEST=self.name, **environment), limit)
        self.skipped = "SKIPPED" in output
        return status == 0

    def still_passes(self):
        """With nothing left out, now or a short while ago."""
        if self.passed is None or time.monotonic() > self.passed + STILL:
            self.passed = time.monotonic() if self.passes() else None
        return self.passed is not None

    def misses(self, name):
        """Does it fail without it, twice, and pass with it? The machine may be busy, and a part may fail by itself."""
        return not self.passes(WW_WITHOUT=name) and self.still_passes() and not self.passes(WW_WITHOUT=name)

    def can_miss(self, name):
        kind, fact, noun = (name.split() + [""])[:3]
        if kind == "row":
            return name in self.matches
        if fact == "mirrored":  # what is mirrored is for the rules within a bridge
            return any(match.startswith("row mirror ") for match in self.matches)
        return fact not in OF_ELEMENTS or "flag elements " + noun in self.matches

    def measure(self, known):
        """Whether it can be asked at all. known: what was found in an earlier run, by name."""
        if str(self) not in known:
            known.note(str(self), self._measure())
        self.seconds, fit, why, matches = known[str(self)]
        self.matches = set(matches)
        if not fit:
            print("mutation: %s %s, and is not asked" % (self, why), flush=True)
        return fit

    def _measure(self):
        start = time.monotonic()
        with tempfile.NamedTemporaryFile("r") as f:
            passes = self.passes(WW_MATCHED=f.name)
            matches = {line.strip().strip('"') for line in f}
        seconds = time.monotonic() - start
        fit = not self.skipped and (passes or self.still_passes())
        return seconds, fit, "is left out on this kernel" if self.skipped else "does not pass alone", sorted(matches)


class Known(dict):
    """What is known of the parts, kept in a file; path: None keeps nothing. tell: new lines are printed, too."""

    def __init__(self, path, tell=False):
        super().__init__()
        self.path, self.tell, self.lock = path, tell, threading.Lock()
        if path and os.path.exists(path):
            with open(path) as f:
                self.update(json.loads(line) for line in f)

    def note(self, name, found):
        with self.lock:
            self[name] = found
            line = json.dumps([name, found])
            if self.path:
                with open(self.path, "a") as f:
                    print(line, file=f)
            if self.tell:
                print("@@ parts " + line, flush=True)


def run(command, env, limit=SECONDS):
    pipe = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, env=env, start_new_session=True, errors="replace", **pipe)
    try:
        output, _ = process.communicate(timeout=limit)
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


def parts_of(build, names, pool, known):
    """All parts that pass alone with nothing left out, the quick ones first."""
    parts = []
    for name in names.replace(",", " ").split():
        program = "%s/unit_kernel_test_%s" % (build, name)
        parts += [Part(program, part) for part in run([program], dict(os.environ, WW_TEST="?"))[1].split()]
    found = [part for part, fit in zip(parts, pool.map(lambda part: part.measure(known), parts)) if fit]
    found.sort(key=lambda part: part.seconds)
    print("mutation: %d parts of tests, %.0f s together" % (len(found), sum(part.seconds for part in found)), flush=True)
    return found
