/*
 * A small world of network namespaces for real packets: a host with two bridges, four containers with an interface on
 * each, and the outside. Addresses are those of spec/unit/ir/helper_generate.h. Nothing of it outlives the process.
 */
#ifndef WW_SPEC_HELPER_LAB_H
#define WW_SPEC_HELPER_LAB_H

#include <stdbool.h>

#include "core/model/addr.h"

#define LAB_CONTAINERS 4
#define LAB_HOST LAB_CONTAINERS
#define LAB_OUTSIDE (LAB_CONTAINERS + 1)
#define LAB_PLACES (LAB_CONTAINERS + 2)

struct lab {
    int ns[LAB_PLACES]; /* descriptors of the namespaces: the containers, the host, the outside */
};

/* Build it; the process is in the host's namespace afterwards. False without the right to. */
bool lab_open(struct lab *lab);
void lab_close(struct lab *lab);

/* Move this thread to a place. */
void lab_enter(const struct lab *lab, int place);

/* Whose address is it? Loopback is the host's here; what is not known is outside. */
int lab_place_of(const struct ww_addr *addr);

#endif
