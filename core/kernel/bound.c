#include "core/kernel/bound.h"

#include <errno.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "core/kernel/kernel_internal.h"
#include "core/kernel/netlink/ask.h"
#include "core/kernel/netlink/set_elements.h"
#include "core/kernel/wire/message.h"

#define QUESTION_BYTES 256
#define TRIES 10

struct showing {
    ww_bound_fn *fn;
    bool free; /* set `free_port`, which has no comments */
    void *arg;
    int rc;
};

static int take_element(const struct ww_found_element *e, void *arg)
{
    struct showing *s = arg;
    uint32_t port = 0;
    if (e->key_len != sizeof(port) || (!e->comment && !s->free))
        return 0;
    memcpy(&port, e->key, sizeof(port));
    return s->fn(port, e->comment, !s->free, s->arg);
}

static int take_elements(const struct nlmsghdr *msg, void *arg)
{
    struct showing *s = arg;
    if (!s->rc)
        s->rc = ww_set_elements_each(msg, take_element, s);
    return 0;
}

static int ask_once(struct ww_kernel *k, struct showing *s)
{
    char bytes[QUESTION_BYTES];
    char name[WW_SET_NAME];
    struct nlmsghdr *msg = mnl_nlmsg_put_header(bytes);
    msg->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETSETELEM;
    msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct nfgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(*gen));
    gen->nfgen_family = NFPROTO_BRIDGE;
    gen->version = NFNETLINK_V0;
    mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_TABLE, WW_TABLE);
    mnl_attr_put_strz(msg, NFTA_SET_ELEM_LIST_SET, ww_set_name(ww_set_id(s->free ? WW_FREE_PORT : WW_PORT, 0), name));
    return ww_netlink_ask(k->reads, msg, take_elements, s);
}

static int ask_table(struct ww_kernel *k, struct showing *s, struct ww_error *err)
{
    int rc = -EINTR;
    for (int i = 0; i < TRIES && rc == -EINTR; i++)
        rc = ask_once(k, s);
    if (rc < 0 && rc != -ENOENT)
        return ww_fail(err, rc, "cannot read which ports are bound: %s", strerror(-rc));
    return s->rc;
}

int ww_kernel_each_bound(struct ww_kernel *k, ww_bound_fn *fn, void *arg, struct ww_error *err)
{
    struct showing all = {.fn = fn, .arg = arg};
    struct showing free = {.fn = fn, .free = true, .arg = arg};
    int rc = ask_table(k, &all, err);
    return rc ? rc : ask_table(k, &free, err);
}
