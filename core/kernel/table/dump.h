/* Reading what the kernel holds in our tables. */
#ifndef WW_KERNEL_DUMP_H
#define WW_KERNEL_DUMP_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/kernel/base_ruleset/schema.h"
#include "core/kernel/table/image.h"

struct ww_found_chain {
    enum ww_table_id table;
    char *name;
    char *comment; /* NULL: none */
    bool ours;     /* by its comment, or by the name of a fixed chain */
    int hook;      /* -1: not a base chain */
    int priority;
    uint32_t use; /* rules in it, and what points at it */
};

struct ww_found_table {
    bool exists;
    uint32_t flags; /* NFT_TABLE_F_… */
    uint32_t owner; /* the owner's netlink port, 0: none */
};

/* What was found of ours. All zero is nothing. */
struct ww_table {
    struct ww_found_table tables[WW_TABLES];
    struct ww_found_chain *chains;
    size_t n_chains;
    bool has_set[WW_SETS];
    bool other_set; /* one with a name of ours, but another key */
};

void ww_table_done(struct ww_table *table);

/* Chains and sets of both. A table that is not there is no error. -EINTR: it changed meanwhile. */
int ww_dump_table(struct mnl_socket *socket, struct ww_table *ret_table, struct ww_error *err);

/* All elements of our sets, and the chains of containers, into the image. */
int ww_dump_elements(struct mnl_socket *socket, const struct ww_table *table, struct ww_image *image,
                     struct ww_error *err);

/* One chain of table inet: 0 and *ret_ours, -ENOENT if there is no such chain, other -errno. */
int ww_dump_chain(struct mnl_socket *socket, const char *name, bool *ret_ours, struct ww_error *err);

#endif
