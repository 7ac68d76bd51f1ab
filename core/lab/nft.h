/* What the lab itself puts into nf_tables: where the host's published ports lead, and an administrator's chains. */
#ifndef WW_LAB_NFT_H
#define WW_LAB_NFT_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/plan.h"
#include "core/model/addr.h"

/* What is sent to one address and port is led to another, as the engine's destination NAT does. */
struct ww_lab_way {
    uint8_t proto;
    struct ww_addr from;
    uint16_t from_port;
    struct ww_addr to;
    uint16_t to_port;
};

int ww_nft_lead(struct mnl_socket *netfilter, const struct ww_lab_way *ways, size_t n, struct ww_error *err);

/* Does any rule of the plan jump to a chain of the administrator's? */
bool ww_nft_jumps(const struct ww_plan *plan);
/* These chains, in the program's table, which is there: each accepts all, as the simulator takes them to do. */
int ww_nft_chains(struct mnl_socket *netfilter, const struct ww_plan *plan, struct ww_error *err);

#endif
