/*
 * Which rules are tried in which direction, on which addresses and ports, and whether they can be exact elements.
 * Private to the lowering.
 */
#ifndef WW_KERNEL_PAIRING_H
#define WW_KERNEL_PAIRING_H

#include "core/ir/elements.h"
#include "core/kernel/lower/lower.h"

/* Is the rule tried in this direction? What only lets the userland proxy through does not count (ww_rule_for_proxy). */
bool ww_rule_applies(const struct ww_rule *rule, enum ww_dir dir);

/* May peers come to the rule's ports through the userland proxy, so that the host must reach them, too? */
bool ww_rule_for_proxy(const struct ww_rule *rule);

/*
 * Are its ports single ports, and its peers single addresses or CIDRs that sets can hold, so that the rule can be
 * elements if no earlier rule is in the way?
 */
bool ww_rule_is_exact(const struct ww_ruleset *rs, const struct ww_rule *rule);

/* Is a peer of the rule a CIDR or a range? */
bool ww_rule_has_nets(const struct ww_rule *rule);

/*
 * Could a special rule among the first n rules match a packet of this direction that `rule` matches, too? Never says no
 * where yes is right.
 */
bool ww_rule_is_overlapped(const struct ww_ruleset *rs, size_t n, const struct ww_rule *rule, enum ww_dir dir);

/* Could both match one packet of this direction? */
bool ww_rule_overlaps(const struct ww_ruleset *rs, const struct ww_rule *a, const struct ww_rule *b, enum ww_dir dir);

/* Is `addr` an address of the container's that the rule is about? Link-local ones never are. */
bool ww_rule_owns(const struct ww_rule *rule, const struct ww_addr *addr);

/* Is the rule about any address that the container has? Behind a published port no rule sees which one it will be. */
bool ww_rule_owns_any(const struct ww_ruleset *rs, const struct ww_rule *rule);

/* Address i of the endpoints (IPv4 and IPv6 alike), family 0 where there is none; NULL past the end. */
const struct ww_addr *ww_ruleset_addr(const struct ww_ruleset *rs, size_t i);

bool ww_rule_has_peer_family(const struct ww_rule *rule, int family);

#endif
