/* What a diff is about: the addresses and published host ports of all rulesets in it, for quick look-up. */
#ifndef WW_KERNEL_SCOPE_H
#define WW_KERNEL_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/plan.h"

struct ww_scope_addr {
    struct ww_addr addr;
    const struct ww_change *change;
};

struct ww_scope_port {
    uint8_t proto;
    uint16_t hport;
};

/* Sorted; one entry for each address (of several changes any one) and port. All zero is empty. */
struct ww_scope {
    struct ww_scope_addr *addrs;
    size_t n_addrs;
    struct ww_scope_port *ports;
    size_t n_ports;
};

/* The changes are borrowed from the diff. -ENOMEM. */
int ww_scope_init(struct ww_scope *ret_scope, const struct ww_diff *diff, struct ww_error *err);
void ww_scope_done(struct ww_scope *scope);

/* The change that is about this address, NULL if there is none. */
const struct ww_change *ww_scope_find(const struct ww_scope *scope, const struct ww_addr *addr);
bool ww_scope_has_port(const struct ww_scope *scope, uint8_t proto, uint16_t hport);

#endif
