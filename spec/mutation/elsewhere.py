"""What no unit test on this machine's kernel misses: patterns of names, and why it is not judged here."""

import fnmatch

BRIDGED = "judged where the kernel tracks connections within bridges: spec/kernels/run --mutation"

ELSEWHERE = {
    "row mirror *": BRIDGED,
    "flag mirrored *": BRIDGED,
}


def names():
    return list(ELSEWHERE)


def why(name):
    return next((ELSEWHERE[pattern] for pattern in ELSEWHERE if fnmatch.fnmatch(name, pattern)), None)
