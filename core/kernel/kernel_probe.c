/* What this kernel can, found out by objects that are made and deleted again in one transaction. */
#include <errno.h>
#include <netinet/in.h>

#include "core/kernel/kernel_internal.h"
#include "core/kernel/sysctl.h"
#include "core/kernel/wire/message.h"

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

/* Connection tracking in the bridge family is a module of its own (CONFIG_NF_CONNTRACK_BRIDGE). */
static int can_track(struct ww_kernel *k, struct ww_error *err)
{
    const struct ww_stmt stmt = {
        .terms = {{.kind = WW_T_BITS, .field = WW_F_CT_STATE, .value = 1}, {.kind = WW_T_DROP}}};
    return probe(k, &k->bridge_track, WW_BRIDGE, &stmt, err);
}

/* So is naming the bridge (CONFIG_NFT_BRIDGE_META). */
int ww_kernel_can_name(struct ww_kernel *k, struct ww_error *err)
{
    static const struct ww_span none[] = {{{0}, {0}}};
    const struct ww_term name = {.kind = WW_T_IN, .field = WW_F_IBRNAME, .spans = none, .n_spans = 1};
    const struct ww_stmt stmt = {.terms = {name, {.kind = WW_T_DROP}}};
    return probe(k, &k->bridge_names, WW_BRIDGE, &stmt, err);
}

int ww_kernel_look_at_resets(struct ww_kernel *k, struct ww_error *err)
{
    const struct ww_stmt stmt = {
        .terms = {{.kind = WW_T_IS, .field = WW_F_PROTO, .value = IPPROTO_TCP}, {.kind = WW_T_REJECT}}};
    int rc = probe(k, &k->reset, WW_INET, &stmt, err);
    k->manner.rejects = rc > 0;
    return rc < 0 ? rc : 0;
}

int ww_kernel_look_at_bridges(struct ww_kernel *k, struct ww_error *err)
{
    unsigned unseen = 0;
    if (!ww_sysctl_sees_bridged(AF_INET))
        unseen |= WW_FAMILY_BIT(AF_INET);
    if (!ww_sysctl_sees_bridged(AF_INET6))
        unseen |= WW_FAMILY_BIT(AF_INET6);
    int bind = ww_kernel_can_bind(k, err);
    int track = bind > 0 && unseen ? can_track(k, err) : bind;
    int names = bind > 0 ? ww_kernel_can_name(k, err) : bind;
    if (track < 0 || names < 0)
        return track < 0 ? track : names;
    k->image.unseen = k->manner.unseen = bind > 0 ? unseen : 0;
    k->image.mirror = track > 0 ? unseen : 0;
    k->manner.names = names > 0;
    return 0;
}

int ww_kernel_can_bind(struct ww_kernel *k, struct ww_error *err)
{
    const struct ww_stmt stmt = {.terms = {{.kind = WW_T_IS, .field = WW_F_ETHERTYPE}, {.kind = WW_T_DROP}}};
    return probe(k, &k->bridge, WW_BRIDGE, &stmt, err);
}
