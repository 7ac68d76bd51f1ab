"""What each kernel must be able to do, and which tests it may leave out: everything else must run there, and pass."""

# version: what it can and cannot; "test_program name_of_test": why it is left out there
KERNELS = {
    "6.1": {
        "can": ["queue", "bridge-conntrack", "bridge-netfilter"],
        "cannot": [],
        "skips": {},
    },
    "6.12": {
        "can": ["queue", "bridge-conntrack", "bridge-netfilter"],
        "cannot": [],
        "skips": {},
    },
}
