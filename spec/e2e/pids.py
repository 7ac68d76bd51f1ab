"""Process ids in a pid namespace of its own, as a container has it (of continuous integration, say)."""

import os

INITIAL = "pid:[4026531836]"  # PROC_PID_INIT_INO: the machine's own one


def told_by_the_kernel(pid, ours):
    """May the kernel have meant one of ours? nf_tables tells the process ids of the machine's own pid namespace, which elsewhere are
    other numbers than ours, and cannot be known."""
    return pid in ours if os.readlink("/proc/self/ns/pid") == INITIAL else pid > 0
