/*
 * Everything that is enforced for one container (with those that share its network namespace): sealed, sorted, hashed.
 *
 * Build it (new, add…), seal it, and from then on it is immutable and shared by reference counting. A quarantined
 * container is a ruleset with endpoints and no rules.
 */
#ifndef WW_IR_RULESET_H
#define WW_IR_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/ir/rule.h"
#include "core/model/addr.h"
#include "core/model/endpoint.h"

struct ww_ruleset {
    char *id;   /* the container's full id */
    char *name; /* without the slash */
    bool quarantined;
    bool audited; /* nothing of it is dropped: what its rules do not allow is counted and reported, and passes */
    struct ww_endpoint_addrs *endpoints;
    size_t n_endpoints;
    struct ww_publish *published;
    size_t n_published;
    struct ww_rule *rules;
    size_t n_rules;
    uint32_t *special; /* places of those that decide more than accept (ww_rule_is_special), in order; once sealed */
    size_t n_special;
    bool sealed;
    char hash[WW_HASH_HEX]; /* of the text form; "" until sealed */
    unsigned refs;
};

/* A new, empty, unsealed ruleset with one reference. NULL when out of memory. */
struct ww_ruleset *ww_ruleset_new(const char *id, const char *name);
struct ww_ruleset *ww_ruleset_ref(struct ww_ruleset *rs);
void ww_ruleset_unref(struct ww_ruleset *rs); /* NULL is a no-op */

/* Before sealing only. Rules are copied, and tried in the order of side, consents last, then as added. */
int ww_ruleset_add_endpoint(struct ww_ruleset *rs, const struct ww_endpoint_addrs *endpoint);
int ww_ruleset_add_publish(struct ww_ruleset *rs, const struct ww_publish *publish);
int ww_ruleset_add_rule(struct ww_ruleset *rs, const struct ww_rule *rule);

/* Validate, normalize, sort (rules stably), drop doubles, hash. -EINVAL names the rule's origin. Sealing twice is a
 * no-op. */
int ww_ruleset_seal(struct ww_ruleset *rs, struct ww_error *err);

/* The same container, sealed and quarantined: its endpoints and published ports, no rules; audited as it was. -ENOMEM,
 * -EINVAL. */
int ww_ruleset_close(const struct ww_ruleset *rs, struct ww_ruleset **ret_closed, struct ww_error *err);

/* The same with all its rules, sealed, and not audited. -ENOMEM, -EINVAL. */
int ww_ruleset_enforce(const struct ww_ruleset *rs, struct ww_ruleset **ret_enforced, struct ww_error *err);

/* Does `addr` belong to an endpoint (IPv4, IPv6, or the link-local one from its MAC)? */
bool ww_ruleset_has_addr(const struct ww_ruleset *rs, const struct ww_addr *addr);

#endif
