#include "core/kernel/netlink/set_elements.h"

#include <linux/netfilter/nf_tables.h>

struct showing {
    ww_element_fn *fn;
    void *arg;
    int rc;
};

static int show_element(const struct nlattr *attr, void *arg)
{
    struct showing *s = arg;
    struct ww_found_element e = {.attrs = ww_attrs_nest(attr)};
    struct ww_attrs key = ww_attrs_nest(e.attrs.by_type[NFTA_SET_ELEM_KEY]);
    const struct nlattr *value = key.by_type[NFTA_DATA_VALUE];
    if (!value)
        return MNL_CB_OK;
    e.key = mnl_attr_get_payload(value);
    e.key_len = mnl_attr_get_payload_len(value);
    e.comment = ww_attrs_comment(e.attrs.by_type[NFTA_SET_ELEM_USERDATA]);
    s->rc = s->fn(&e, s->arg);
    return s->rc ? MNL_CB_STOP : MNL_CB_OK;
}

int ww_set_elements_each(const struct nlmsghdr *answer, ww_element_fn *fn, void *arg)
{
    struct showing s = {.fn = fn, .arg = arg};
    struct ww_attrs a;
    ww_attrs_parse(answer, &a);
    if (a.by_type[NFTA_SET_ELEM_LIST_ELEMENTS])
        mnl_attr_parse_nested(a.by_type[NFTA_SET_ELEM_LIST_ELEMENTS], show_element, &s);
    return s.rc;
}
