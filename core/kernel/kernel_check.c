/* Whether a ruleset can be had with this kernel (queues, protocols), and with the user chains that are there. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "core/kernel/kernel_internal.h"
#include "core/kernel/sysctl.h"
#include "core/kernel/wire/message.h"

static int check_queue(struct ww_kernel *k, const struct ww_rule *r, struct ww_error *err)
{
    int rc = ww_kernel_can_queue(k, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    return ww_fail(
        err, -EOPNOTSUPP,
        "rule '%s' sends packets to queue %u, but this kernel cannot (it lacks nfqueue for nftables): load the "
        "module nft_queue, use a kernel with CONFIG_NFT_QUEUE, or take the queue out of the rule",
        r->origin ? r->origin : "", r->verdict.queue);
}

static int check_chain(struct ww_kernel *k, const struct ww_rule *r, struct ww_error *err)
{
    bool ours = false;
    int rc = ww_dump_chain(k->reads, r->verdict.chain, &ours, err);
    if (rc == -ENOENT && ww_kernel_owns_table(k))
        return ww_fail(err, rc,
                       "rule '%s' jumps to chain '%s', which is not in table inet %s, and whalewall owns that table: "
                       "to add chains of your own, share it (option -shared-table)",
                       r->origin ? r->origin : "", r->verdict.chain, WW_TABLE);
    if (rc == -ENOENT)
        return ww_fail(err, rc, "rule '%s' jumps to chain '%s', which is not in table inet %s: add it there",
                       r->origin ? r->origin : "", r->verdict.chain, WW_TABLE);
    if (rc == 0 && ours)
        return ww_fail(err, -ENOENT,
                       "rule '%s' jumps to chain '%s', which is one of whalewall's own: name a chain of your own",
                       r->origin ? r->origin : "", r->verdict.chain);
    return rc;
}

/* Else one port that is open opens every other one between the two, for established packets are not judged. */
static int check_protocol(const struct ww_rule *r, struct ww_error *err)
{
    if (r->proto != IPPROTO_SCTP || r->consent || ww_sysctl_tracks_sctp())
        return 0;
    return ww_fail(
        err, -EOPNOTSUPP,
        "rule '%s' is about ports of SCTP, which this kernel does not tell apart in the flows that it tracks: "
        "use a kernel with CONFIG_NF_CT_PROTO_SCTP, or take the rule out",
        r->origin ? r->origin : "");
}

int ww_kernel_check(struct ww_kernel *k, const struct ww_ruleset *rs, struct ww_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < rs->n_rules && rc == 0; i++) {
        rc = check_protocol(&rs->rules[i], err);
        if (rc < 0)
            break;
        if (rs->rules[i].verdict.kind == WW_CHAIN)
            rc = check_chain(k, &rs->rules[i], err);
        else if (rs->rules[i].verdict.kind == WW_QUEUE)
            rc = check_queue(k, &rs->rules[i], err);
    }
    return rc;
}
