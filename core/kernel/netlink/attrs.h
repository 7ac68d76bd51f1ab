/* The attributes of one netlink message or nest, by number (linux/netlink.h, as libmnl reads it). */
#ifndef WW_KERNEL_ATTRS_H
#define WW_KERNEL_ATTRS_H

#include <libmnl/libmnl.h>

/* More numbers than any kind that is read here has; those above it are left out. */
#define WW_ATTRS 32

/* Borrowed from the message; NULL: there is none of that number. */
struct ww_attrs {
    const struct nlattr *by_type[WW_ATTRS];
};

/* Of a message of netfilter's, behind its nfgenmsg. Negative as mnl_attr_parse(): it is cut off. */
int ww_attrs_parse(const struct nlmsghdr *msg, struct ww_attrs *ret_attrs);

/* Of a nest; NULL: none. */
struct ww_attrs ww_attrs_nest(const struct nlattr *nest);

/* The comment in the userdata of a chain or an element: type 0, length, text with its NUL. NULL: there is none. */
const char *ww_attrs_comment(const struct nlattr *userdata);

#endif
