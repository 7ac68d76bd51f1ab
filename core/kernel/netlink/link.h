/* What rtnetlink(7) says of one network interface, as far as bridges and their ports are concerned. */
#ifndef WW_KERNEL_LINK_H
#define WW_KERNEL_LINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/model/addr.h"

/* Texts point into the message. */
struct ww_link {
    uint32_t index;
    const char *name;      /* NULL: not said */
    const char *kind;      /* "bridge", "veth", …; NULL for those without */
    const char *port_kind; /* the kind of link that it is a port of; NULL: of none */
    uint32_t master;       /* the bridge whose port it is, 0: none */
    uint32_t far_end;      /* the other end of a veth */
    int32_t netns;         /* the far end's network namespace, by its number in this one; -1: this one */
    bool carrier;          /* both ends are up */
    struct ww_mac mac;     /* zero: none of six bytes */
};

/* Of RTM_NEWLINK or RTM_DELLINK, at least as long as struct ifinfomsg. */
struct ww_link ww_link_parse(const struct nlmsghdr *msg);

/* RTM_GETLINK, in a buffer of WW_LINK_QUESTION bytes. index 0: all of them, with NLM_F_DUMP. */
#define WW_LINK_QUESTION 128
struct nlmsghdr *ww_link_question(char bytes[static WW_LINK_QUESTION], uint16_t flags, uint32_t index);

/*
 * The MAC address of interface `index` in the network namespace with this number here. -errno when it is not there (any
 * more), or has none.
 */
int ww_link_ask_mac(struct mnl_socket *socket, int32_t netns, uint32_t index, struct ww_mac *ret_mac);

/* In which network namespace the other end of this veth lives now, by its number here; -1: this one. -ENODEV. */
int ww_link_ask_netns(struct mnl_socket *socket, uint32_t index, int32_t *ret_netns);

#endif
