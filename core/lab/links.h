/*
 * Interfaces, addresses and routes of one namespace (rtnetlink(7)). The caller chooses the indexes of interfaces, so
 * that none has to be asked for. -errno with a text that says what could not be made.
 */
#ifndef WW_LAB_LINKS_H
#define WW_LAB_LINKS_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/addr.h"

int ww_links_up(struct mnl_socket *routes, uint32_t index, struct ww_error *err);
int ww_links_bridge(struct mnl_socket *routes, uint32_t index, struct ww_error *err);

/* A pair: one end here and up, at a bridge where `master` is not 0; the other in the namespace `ns`, and down. */
struct ww_links_pair {
    uint32_t index;
    uint32_t master;
    int ns;
    uint32_t far_end;
    struct ww_mac far_mac; /* zero: any */
};
int ww_links_veth(struct mnl_socket *routes, const struct ww_links_pair *pair, struct ww_error *err);

int ww_links_address(struct mnl_socket *routes, uint32_t index, const struct ww_addr *addr, unsigned len,
                     struct ww_error *err);

/* len 0: the default route. via of family 0: what is there is on the link itself. table 0: the usual one. */
struct ww_links_route {
    struct ww_addr to;
    unsigned len;
    struct ww_addr via;
    uint32_t index;
    uint32_t table;
};
int ww_links_route(struct mnl_socket *routes, const struct ww_links_route *route, struct ww_error *err);

/* What is sent from this address goes by that table. */
int ww_links_rule(struct mnl_socket *routes, const struct ww_addr *from, uint32_t table, struct ww_error *err);

#endif
