/*
 * Between two states: an address whose former holder's flows are not gone yet is closed for the endpoint that gets it.
 * Its container is judged there already, so nothing new begins; but nothing is open, and at the bridge it is nowhere.
 */
#ifndef WW_IR_WITHHOLD_H
#define WW_IR_WITHHOLD_H

#include "core/ir/fence.h"
#include "core/ir/ruleset.h"

/* Which addresses are withheld. */
struct ww_withholding {
    bool (*has)(const struct ww_addr *addr, void *arg);
    void *arg;
    bool bind; /* can the kernel bind endpoints to ports, and so hold one that is nowhere? */
};

/* Is one of the endpoint's addresses (IPv4, IPv6) withheld? */
bool ww_withholds(const struct ww_withholding *w, const struct ww_endpoint_addrs *e);

/*
 * The same ruleset with all its addresses, none of its rules being about those that are withheld. *ret_kept is sealed;
 * the caller owns a reference. Where none is withheld it is `rs`. -ENOMEM.
 */
int ww_ruleset_withhold(struct ww_ruleset *rs, const struct ww_withholding *w, struct ww_ruleset **ret_kept,
                        struct ww_error *err);

/*
 * The same network, where endpoints with a withheld address are at WW_PORT_NOWHERE (not known, where that cannot be
 * had), and no packet from such an address passes. Otherwise as above.
 */
int ww_fence_withhold(struct ww_fence *f, const struct ww_withholding *w, struct ww_fence **ret_kept,
                      struct ww_error *err);

#endif
