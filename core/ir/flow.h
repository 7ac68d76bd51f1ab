/*
 * The simulator: judges a flow as the kernel's rules judge its first packet. Used to remove flows that are no longer
 * allowed, by `whalewall plan`, and by the tests, which hold it against the kernel.
 */
#ifndef WW_IR_FLOW_H
#define WW_IR_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ir/plan.h"

/*
 * One flow by its first packet. dst/dport: the endpoint it leads to (after destination NAT). orig_dst/orig_dport: what
 * the sender wrote into it; the same when there was no NAT. For protocols without ports they are 0.
 */
struct ww_flow {
    uint8_t proto;
    uint16_t question; /* ICMP: type and code of that packet as one number; else 0 */
    struct ww_addr src;
    uint16_t sport;
    struct ww_addr dst;
    uint16_t dport;
    struct ww_addr orig_dst;
    uint16_t orig_dport;
    bool from_host;     /* a process of the host sends it */
    bool to_host;       /* dst is an address of the host */
    bool orig_dst_host; /* so is the original destination */
};

struct ww_judgement {
    bool allowed;
    const struct ww_rule *sender;        /* the rule that allowed it at the sender, NULL if the sender is not managed */
    const struct ww_rule *receiver;      /* the same for the receiver */
    bool proxied;                        /* `receiver` only lets the userland proxy in: without its log and verdict */
    const char *reason;                  /* static text: why not, or "no side is managed" */
    const struct ww_ruleset *refused_by; /* whose rules refuse it; NULL if allowed */
    const char *sender_audited;          /* why the sender's rules would refuse it, but it is audited; NULL: no such */
    const char *receiver_audited;        /* the same of the receiver's */
};

/* Judge a new flow (TCP: its SYN). Everything in the result is borrowed from the plan. */
struct ww_judgement ww_flow_judge(const struct ww_plan *plan, const struct ww_flow *flow);

/* Does this one rule match the flow as seen from its side? `rs` is the rule's own ruleset. */
bool ww_flow_matches(const struct ww_ruleset *rs, const struct ww_rule *rule, const struct ww_flow *flow);

#endif
