/* All chains of nftables in this network namespace, those of all programs: what is known of each without its rules. */
#ifndef WW_KERNEL_CHAINS_H
#define WW_KERNEL_CHAINS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"

/* Strings are borrowed for the time of the call. */
struct ww_foreign_chain {
    int family; /* NFPROTO_… */
    const char *table;
    const char *name;
    const char *type; /* "filter", "nat", "route"; "" where it is no base chain */
    int hook;         /* NF_INET_…, by its family; -1: it is no base chain */
    int32_t priority;
    bool drops; /* its policy */
};

/* Shows each to fn. 0 or -errno; the kernel may tell of one twice or not while others change them. */
int ww_foreign_chains(void (*fn)(const struct ww_foreign_chain *chain, void *arg), void *arg, struct ww_error *err);

#endif
