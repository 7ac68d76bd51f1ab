/* The elements of a set, as the kernel's answer to NFT_MSG_GETSETELEM has them (linux/netfilter/nf_tables.h). */
#ifndef WW_KERNEL_SET_ELEMENTS_H
#define WW_KERNEL_SET_ELEMENTS_H

#include <stddef.h>

#include "core/kernel/netlink/attrs.h"

/* Borrowed from the answer. */
struct ww_found_element {
    struct ww_attrs attrs; /* by NFTA_SET_ELEM_… */
    const void *key;       /* never NULL */
    size_t key_len;        /* bytes */
    const char *comment;   /* NULL: none */
};

/* What to do with one element; 0: go on. */
typedef int ww_element_fn(const struct ww_found_element *e, void *arg);

/* Each element of an answer that has a key. 0, or what fn returned that ended it. */
int ww_set_elements_each(const struct nlmsghdr *answer, ww_element_fn *fn, void *arg);

#endif
