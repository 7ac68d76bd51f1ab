/* One rule of a container, resolved to addresses: data, not yet anything of the kernel's. */
#ifndef WW_IR_RULE_H
#define WW_IR_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/addr.h"

/* There are several rules for each container, each kept twice: what they are made of is a byte where it can be. */
#define WW_SMALL __attribute__((packed))

/* Which traffic a rule is about, in the order in which rules are tried. */
enum WW_SMALL ww_side {
    WW_LOCALHOST, /* from the host itself to the published ports */
    WW_EXTERNAL,  /* from anywhere else to the ports published on an address that is not loopback */
    WW_INPUT,     /* from the peer to the container's own ports, published or not */
    WW_OUTPUT,    /* from the container to the peer */
};

enum WW_SMALL ww_peer {
    WW_PEER_ANY,   /* any address, those of the host included */
    WW_PEER_HOST,  /* the Docker host itself */
    WW_PEER_ADDRS, /* one of `peers` */
};

enum WW_SMALL ww_verdict_kind {
    WW_ACCEPT,
    WW_CHAIN, /* jump to a user chain, for every packet of the flow */
    WW_QUEUE, /* new packets to `queue`; established ones to est_in / est_out, 0 = accept them */
};

struct ww_verdict {
    char *chain; /* owned; only with WW_CHAIN */
    enum ww_verdict_kind kind;
    uint8_t unused;   /* in place of a gap, which compilers read with its neighbours and memory checkers take amiss */
    uint16_t queue;   /* only with WW_QUEUE */
    uint16_t est_in;  /* established packets towards the container */
    uint16_t est_out; /* established packets from the container */
};

/* Inclusive, host byte order, 1 <= lo <= hi. */
struct ww_ports {
    uint16_t lo;
    uint16_t hi;
};

/*
 * Everything a rule says. The arrays and strings are owned by the rule. An empty list restricts nothing; so
 * `own` empty means every address of the ruleset. WW_LOCALHOST and WW_EXTERNAL have no ports of their own: the ports
 * are those that the ruleset publishes.
 */
struct ww_rule {
    enum ww_side side;
    enum ww_peer peer;
    uint8_t proto; /* 0 any, else one that may be named in rules: core/model/protocol.h */
    bool consent;  /* made by the rule of another container that names this one; tried last */
    uint32_t n_own;
    uint32_t n_peers;
    uint32_t n_sports;
    uint32_t n_dports;
    struct ww_addr *own; /* the container's addresses that the rule is about (those on one network) */
    struct ww_addr_range *peers;
    struct ww_ports *sports;
    struct ww_ports *dports;
    char *log; /* log prefix as in the label, NULL for none */
    struct ww_verdict verdict;
    char *origin; /* where it came from: "output[0] line 3", "output[1] line 9 of web", "no-mail (p.lua:4)" */
};

void ww_rule_done(struct ww_rule *rule);

/* Deep copy. -ENOMEM. */
int ww_rule_copy(const struct ww_rule *from, struct ww_rule *ret_to);

/* Append to one of the lists. -ENOMEM. */
int ww_rule_add_own(struct ww_rule *rule, const struct ww_addr *addr);
int ww_rule_add_peer(struct ww_rule *rule, const struct ww_addr_range *range);
int ww_rule_add_sport(struct ww_rule *rule, uint16_t lo, uint16_t hi);
int ww_rule_add_dport(struct ww_rule *rule, uint16_t lo, uint16_t hi);

/*
 * -EINVAL with the reason when the rule contradicts itself: ports without a protocol, a peer list without WW_PEER_ADDRS
 * or the other way round, ends of a range in the wrong order, a verdict's fields that do not belong to its kind, ….
 */
int ww_rule_validate(const struct ww_rule *rule, struct ww_error *err);

/* Sort the lists, drop doubles and join ranges (single addresses and ports stay single); the meaning stays. */
void ww_rule_normalize(struct ww_rule *rule);

/* Does a rule decide more than accept: log, chain or queue? The order of rules matters only around such. */
bool ww_rule_is_special(const struct ww_rule *rule);

#endif
