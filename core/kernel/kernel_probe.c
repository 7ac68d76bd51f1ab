/* What this kernel can, found out by objects that are made and deleted again in one transaction. */
#include <errno.h>

#include "core/kernel/kernel_internal.h"
#include "core/kernel/message.h"

#define PROBE_TABLE "whalewall-probe"

static bool is_refused(int rc)
{
    return rc == -ENOENT || rc == -EOPNOTSUPP || rc == -EAFNOSUPPORT || rc == -EPROTO || rc == -EINVAL;
}

/* Can a chain of this table hold the rule? 1 or 0, asked once; or -errno. */
static int probe(struct ww_kernel *k, enum ww_support *support, enum ww_table_id table, const struct ww_stmt *stmt,
                 struct ww_error *err)
{
    __attribute__((cleanup(ww_batch_done))) struct ww_batch batch = {.table = table};
    if (*support != WW_SUPPORT_UNKNOWN)
        return *support == WW_SUPPORT_YES;
    ww_msg_table(&batch, PROBE_TABLE);
    ww_msg_chain_in(&batch, PROBE_TABLE, "probe");
    ww_msg_rule_in(&batch, PROBE_TABLE, "probe", stmt, NULL);
    ww_msg_table_delete(&batch, PROBE_TABLE);
    int rc = ww_batch_send(&batch, k->commits, NULL, err);
    if (rc < 0 && !is_refused(rc))
        return rc;
    *support = rc == 0 ? WW_SUPPORT_YES : WW_SUPPORT_NO;
    return rc == 0;
}

int ww_kernel_can_queue(struct ww_kernel *k, struct ww_error *err)
{
    const struct ww_stmt stmt = {.terms = {{.kind = WW_T_QUEUE, .value = 1}}};
    return probe(k, &k->queue, WW_INET, &stmt, err);
}

int ww_kernel_can_bind(struct ww_kernel *k, struct ww_error *err)
{
    const struct ww_stmt stmt = {.terms = {{.kind = WW_T_IS, .field = WW_F_ETHERTYPE}, {.kind = WW_T_DROP}}};
    return probe(k, &k->bridge, WW_BRIDGE, &stmt, err);
}
