/* The rule for DOCKER-USER as iptables writes it: making it, and knowing it and its neighbours again. */
#ifndef WW_KERNEL_DOCKER_RULE_H
#define WW_KERNEL_DOCKER_RULE_H

#include <libnftnl/rule.h>
#include <stdbool.h>

/*
 * -m mark --mark WW_ALLOWED_MARK_TEXT -m comment --comment whalewall -j ACCEPT. Matches of x_tables, which every
 * iptables-nft can read: its own spelling of a mark changed with 1.8.9. NULL when out of memory; without table and
 * chain.
 */
struct nftnl_rule *ww_docker_rule_new(void);
static inline void ww_docker_rule_free(struct nftnl_rule **rule)
{
    if (*rule)
        nftnl_rule_free(*rule);
}

/* Is it that rule, and nothing more or less? Also as an iptables of today writes it, after a save and restore. */
bool ww_docker_rule_is(const struct nftnl_rule *rule);

/* Does it do the same, whichever program made it? So do those that dockerd makes for --bridge-accept-fwmark. */
bool ww_docker_rule_accepts_mark(const struct nftnl_rule *rule);

/* Does it return every packet, so that no rule after it is ever tried? */
bool ww_docker_rule_returns_all(const struct nftnl_rule *rule);

#endif
