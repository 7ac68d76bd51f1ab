/* The first containers of the lab (helper_generate.h), as a ruleset's text begins: a container's rules follow. */
#ifndef WW_SPEC_HELPER_HEADS_H
#define WW_SPEC_HELPER_HEADS_H

#define C0_HEAD                                                                                                        \
    "ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\"\n"                                \
    "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n"
#define C1_HEAD                                                                                                        \
    "ruleset 0000000000000000000000000000000000000000000000000000000000000001 \"c1\"\n"                                \
    "endpoint 198.51.100.3 2001:db8:100::3 02:42:00:00:00:01\n"

#endif
