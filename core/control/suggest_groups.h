/* Addresses in a suggestion, with the site's groups in place of those that are all of one. Private to suggest_rules.c.
 */
#ifndef WW_CONTROL_SUGGEST_GROUPS_H
#define WW_CONTROL_SUGGEST_GROUPS_H

#include <stddef.h>

#include "core/base/buf.h"
#include "core/ir/groups.h"

/* No address is in it twice. */
struct ww_suggest_addrs {
    struct ww_addr *list;
    size_t n;
};

/*
 * What stands between the brackets of `ips`. A group whose addresses are all among these takes their place, so that
 * nothing is open that was not seen. groups NULL: there are none.
 */
void ww_suggest_ips(const struct ww_groups *groups, const struct ww_suggest_addrs *addrs, struct ww_buf *out);

/* For those that have some of what is left, and more: a comment each, which says so; of a few of them. */
void ww_suggest_remarks(const struct ww_groups *groups, const struct ww_suggest_addrs *addrs, const char *indent,
                        struct ww_buf *out);

#endif
