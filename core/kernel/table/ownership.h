/*
 * Whose our tables are. Linux 5.12 knows an owner, the socket that made a table: no other process can change it, and it
 * goes when the socket is closed. Since 6.9 it can stay as an orphan, which the next owner adopts.
 */
#ifndef WW_KERNEL_OWNERSHIP_H
#define WW_KERNEL_OWNERSHIP_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/kernel/table/dump.h"

/* linux/netfilter/nf_tables.h; Debian 12's does not know the second. */
#define WW_TABLE_OWNER 0x2u
#define WW_TABLE_PERSIST 0x4u
#define WW_TABLE_OWNED (WW_TABLE_OWNER | WW_TABLE_PERSIST)

enum ww_can_own { WW_CAN_OWN_UNKNOWN, WW_CAN_OWN_YES, WW_CAN_OWN_NO };

/* Can the kernel have tables that outlive their owner? Asks it (by a table that goes again at once), 0 or -errno. */
int ww_ownership_probe(struct mnl_socket *commits, enum ww_can_own *ret_can, struct ww_error *err);

/* -EPERM, with a text that names it, when a socket other than `commits` owns the table. */
int ww_ownership_check(enum ww_table_id id, const struct ww_found_table *table, struct mnl_socket *commits,
                       struct ww_error *err);

/*
 * The flags with which to make or update the table. One that is there without WW_TABLE_PERSIST cannot get an owner any
 * more; flags that are there cannot be taken away.
 */
uint32_t ww_ownership_flags(const struct ww_found_table *table, bool want);

#endif
