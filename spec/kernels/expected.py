"""What each kernel must be able to do, and which tests it may leave out: everything else must run there, and pass."""

# What differs between kernels, and what is judged there only. In software emulation the others take as long as everything else
# together; they run in a full run.
CORE = ["bridged", "bridged_rules", "bridged_drops", "errors", "guard", "owner", "packets", "protocols", "queue", "router_alert", "strangers"]
CORE += ["agent"]

# What is shut in, and what is given up: unit_sandbox_test_… (--only 'sandbox_*').
SANDBOX = ["jail", "places", "self", "loader"]

NO_PERSIST = "tables with the flags owner and persist are there from 6.9 on"

# version: what it can and cannot; "test_program name_of_test": why it is left out there
KERNELS = {
    "6.1": {
        "can": ["queue", "bridge-conntrack", "bridge-netfilter"],
        "cannot": [],
        "skips": {
            "test_owner no_other_program_can_change_it": NO_PERSIST,
            "test_owner it_is_ours_to_change": NO_PERSIST,
            "test_owner it_outlives_its_owner_and_is_adopted": NO_PERSIST,
            "test_owner an_orphan_that_sleeps_is_woken": NO_PERSIST,
            "test_owner a_second_one_is_refused": NO_PERSIST,
            "test_owner a_program_that_comes_after_can_clear_it": NO_PERSIST,
            "test_owner another_layout_is_owned_at_once_and_replaced_later": NO_PERSIST,
            "test_owner an_error_about_a_missing_chain_says_that_the_table_must_be_shared": NO_PERSIST,
            "test_owner a_table_without_an_owner_is_made_anew": NO_PERSIST,
        },
    },
    "6.12": {
        "can": ["queue", "bridge-conntrack", "bridge-netfilter"],
        "cannot": [],
        "skips": {},
    },
}
