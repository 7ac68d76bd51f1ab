"""What a machine said, read and judged."""

import re

PREFIX = "unit_kernel_"


class Report:
    def __init__(self, lines):
        self.release = ""
        self.can = {}
        self.programs = {}  # name: exit status, None while it runs
        self.seconds = {}
        self.passed = []  # "test_program name_of_test"
        self.skipped = []
        self.done = False
        self.current = None
        for line in lines:
            self.read(line)

    def read(self, line):
        words = line.split()
        if line.startswith("@@ "):
            self.read_mark(words[1], words[2:])
        elif self.current and (m := re.match(r"\[ +(OK|SKIPPED) +\] (\w+)$", line)):
            test = "%s %s" % (self.current.removeprefix(PREFIX), m.group(2))
            whose = self.passed if m.group(1) == "OK" else self.skipped
            if test not in whose:
                whose.append(test)

    def read_mark(self, what, words):
        if what == "kernel":
            self.release = words[0]
        elif what in ("can", "cannot"):
            self.can[words[0]] = what == "can"
        elif what == "begin":
            self.current = words[0]
            self.programs[words[0]] = None
        elif what == "end":
            self.programs[words[0]] = int(words[1])
            self.seconds[words[0]] = int(words[2])
            self.current = None
        elif what == "done":
            self.done = True


def problems_of(report, version, expected, programs):
    """What is wrong, one line each; empty when all is as it must be."""
    found = []
    if not report.release.startswith(version + "."):
        found.append("the kernel says that it is %s" % (report.release or "nothing"))
    for ability, wanted in [(a, True) for a in expected["can"]] + [(a, False) for a in expected["cannot"]]:
        if report.can.get(ability) != wanted:
            found.append("%s was expected to be %s here" % (ability, "possible" if wanted else "impossible"))
    for program in programs:
        status = report.programs.get(program, "")
        if status == "":
            found.append("%s did not run" % program)
        elif status is None:
            found.append("%s did not end" % program)
        elif status != 0:
            found.append("%s failed (%s)" % (program, "took too long" if status == 137 else status))
    for test in report.skipped:
        if test not in expected["skips"]:
            found.append("%s was left out, and nothing says that it may be" % test)
    if not report.passed:
        found.append("not one test passed")
    if not report.done:
        found.append("there was no last line")
    return found
