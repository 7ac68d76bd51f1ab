/*
 * Random rulesets, plans and flows for property tests. All from one seed: print it, and WW_SEED=<seed> repeats the run.
 * Addresses come from small pools, so that rules and flows meet often; all are documentation addresses.
 */
#ifndef WW_SPEC_UNIT_IR_HELPER_GENERATE_H
#define WW_SPEC_UNIT_IR_HELPER_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ir/flow.h"
#include "core/ir/plan.h"
#include "core/ir/ruleset.h"

/* What generated rules may contain; all off: accept rules only. */
struct gen_wish {
    bool logs;
    bool chains; /* verdicts that jump to the user chains "user_a", "user_b" */
    bool queues;
    bool networks; /* only single ports, and many peers that are a CIDR */
};

struct gen {
    uint64_t state;
    struct gen_wish wish;
};

/* The seed of this run: WW_SEED, else from the clock; printed either way. */
uint64_t gen_seed(void);
void gen_init(struct gen *g, uint64_t seed);

uint64_t gen_next(struct gen *g);
/* 0 … n-1; n must not be 0. */
unsigned gen_below(struct gen *g, unsigned n);
/* True in `percent` of 100. */
bool gen_chance(struct gen *g, unsigned percent);

/* The addresses and the MAC of container number `n` on network 0 or 1. Dual stack: 198.51.100.x and 2001:db8:100::x. */
struct ww_endpoint_addrs gen_endpoint(unsigned n, unsigned network);
/* An address of a container (of number < n), of the host, or from outside. family 0: either. */
struct ww_addr gen_addr(struct gen *g, uint8_t family, unsigned n);
/* One of the host's addresses: loopback, gateways, 192.0.2.1, 2001:db8::1. */
struct ww_addr gen_host_addr(struct gen *g, uint8_t family);

/* A valid rule for container `self` of `n`; the caller calls ww_rule_done. Fails the process when out of memory. */
struct ww_rule gen_rule(struct gen *g, unsigned self, unsigned n);

/* The ruleset of container `self` of `n`, not sealed; id "<self as 64 hex digits>", name "c<self>". */
struct ww_ruleset *gen_ruleset(struct gen *g, unsigned self, unsigned n);
/* The same, sealed. */
struct ww_ruleset *gen_sealed(struct gen *g, unsigned self, unsigned n);

/* Rulesets of about three of four of `n` containers. */
struct ww_plan *gen_plan(struct gen *g, unsigned n);

/*
 * A flow among containers, host and outside that makes sense: from_host and to_host agree with the addresses; dialled
 * differs only where a published port leads to its container.
 */
struct ww_flow gen_flow(struct gen *g, const struct ww_plan *plan, unsigned n);

#endif
