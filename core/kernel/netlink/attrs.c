#include "core/kernel/netlink/attrs.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>

_Static_assert(NFTA_CHAIN_MAX < WW_ATTRS && NFTA_SET_MAX < WW_ATTRS && NFTA_SET_ELEM_MAX < WW_ATTRS &&
                   NFULA_MAX < WW_ATTRS && CTA_MAX < WW_ATTRS,
               "every kind that is read has room");

static int keep(const struct nlattr *attr, void *arg)
{
    struct ww_attrs *a = arg;
    if (mnl_attr_get_type(attr) < WW_ATTRS)
        a->by_type[mnl_attr_get_type(attr)] = attr;
    return MNL_CB_OK;
}

int ww_attrs_parse(const struct nlmsghdr *msg, struct ww_attrs *ret_attrs)
{
    *ret_attrs = (struct ww_attrs){0};
    return mnl_attr_parse(msg, sizeof(struct nfgenmsg), keep, ret_attrs);
}

struct ww_attrs ww_attrs_nest(const struct nlattr *nest)
{
    struct ww_attrs a = {0};
    if (nest)
        mnl_attr_parse_nested(nest, keep, &a);
    return a;
}

const char *ww_attrs_comment(const struct nlattr *userdata)
{
    const uint8_t *p = userdata ? mnl_attr_get_payload(userdata) : NULL;
    size_t len = userdata ? mnl_attr_get_payload_len(userdata) : 0;
    if (len < 3 || p[0] != 0 || p[1] < 1 || p[1] + 2u > len || p[p[1] + 1] != '\0')
        return NULL;
    return (const char *)p + 2;
}
