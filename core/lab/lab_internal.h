/* What the files of the lab share. */
#ifndef WW_LAB_LAB_INTERNAL_H
#define WW_LAB_LAB_INTERNAL_H

#include <stdint.h>

#include "core/kernel/kernel.h"
#include "core/lab/lab.h"
#include "core/lab/space.h"

enum { LAB_HOST, LAB_OUTSIDE, LAB_FIRST }; /* spaces; containers follow */

struct lab_subnet {
    struct ww_addr_range range;
    struct ww_addr net;
    unsigned len;
    struct ww_addr gateway;
};

#define LAB_SUBNETS 8 /* of one network */

struct lab_network {
    uint32_t bridge;
    struct lab_subnet subnets[LAB_SUBNETS];
    size_t n;
};

/* Whose address it is. */
struct lab_holder {
    struct ww_addr addr;
    size_t space;
};

struct ww_lab {
    int home;
    struct ww_space *spaces;
    size_t n_spaces;
    struct lab_network *networks;
    size_t n_networks;
    struct lab_holder *holders;
    size_t n_holders;
    uint32_t last_link;           /* the last index given to an interface; no two namespaces have the same */
    uint32_t outside;             /* the outside's interface */
    uint32_t external;            /* the host's towards it */
    struct mnl_socket *netfilter; /* in the host's namespace */
    struct ww_kernel *kernel;
    uint16_t batch; /* part of the mark: late packets of an earlier one do not count */
};

/* Whose address this is; one that no node has yet is given to the outside, or to a new container of its subnet. */
int ww_lab_find(struct ww_lab *lab, const struct ww_addr *addr, size_t *ret_space, struct ww_error *err);

#endif
