#include "core/kernel/table/ownership.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/kernel/wire/batch.h"
#include "core/kernel/wire/message.h"

#define PROBE_TABLE "whalewall-probe"
#define NAME_BYTES 32

int ww_ownership_probe(struct mnl_socket *commits, enum ww_can_own *ret_can, struct ww_error *err)
{
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {0};
    ww_msg_table_flags(&batch, PROBE_TABLE, WW_TABLE_OWNED);
    ww_msg_table_delete(&batch, PROBE_TABLE);
    int rc = ww_batch_send(&batch, commits, NULL, err);
    if (rc < 0 && rc != -EOPNOTSUPP && rc != -EINVAL)
        return rc;
    *ret_can = rc == 0 ? WW_CAN_OWN_YES : WW_CAN_OWN_NO;
    return 0;
}

/* The port of a process's first netlink socket is its number; "" when there is no such process. */
static void process_name(uint32_t port, char name[static NAME_BYTES])
{
    char path[32];
    name[0] = '\0';
    snprintf(path, sizeof(path), "/proc/%u/comm", port);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(name, NAME_BYTES, file))
        name[strcspn(name, "\n")] = '\0';
    fclose(file);
}

int ww_ownership_check(enum ww_table_id id, const struct ww_found_table *table, struct mnl_socket *commits,
                       struct ww_error *err)
{
    char name[NAME_BYTES];
    if (!(table->flags & WW_TABLE_OWNER) || table->owner == mnl_socket_get_portid(commits))
        return 0;
    process_name(table->owner, name);
    return ww_fail(err, -EPERM,
                   "table %s %s is owned by another running program (%s %u%s%s): stop that one first, only one can "
                   "work in a network namespace",
                   ww_table_family_name(id), WW_TABLE, name[0] ? "process" : "netlink port", table->owner,
                   name[0] ? ", " : "", name);
}

uint32_t ww_ownership_flags(const struct ww_found_table *table, bool want)
{
    if (table->exists && !(table->flags & WW_TABLE_PERSIST))
        return 0;
    return want ? WW_TABLE_OWNED : table->flags & WW_TABLE_OWNED;
}
