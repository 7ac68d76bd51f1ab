/* One lowering under way: what its steps share. Private to lower*.c. */
#ifndef WW_KERNEL_LOWER_INTERNAL_H
#define WW_KERNEL_LOWER_INTERNAL_H

#include "core/ir/fence.h"
#include "core/kernel/lower/lower.h"

/* A list of statements that grows in the arena. */
struct ww_stmts {
    struct ww_stmt *v;
    size_t n;
    size_t cap;
};

struct ww_lowering {
    const struct ww_ruleset *rs;
    struct ww_lowered *out;
    const char *tag;     /* "<name>-<id12>", fit for chain names */
    const char *comment; /* the name, fit for a comment: as it will be read back */
    bool out_chain;      /* an output rule must be in a chain: then those with CIDRs are there, too */
};

/* The fields of a packet on its way in, or of the flow it belongs to, whichever direction it has. */
struct ww_view {
    enum ww_field src, dst, proto, sport, dport;
    enum ww_field question; /* ICMP's type and code in one; NONE: its own fields */
};

extern const struct ww_view ww_view_packet;
extern const struct ww_view ww_view_flow;
extern const struct ww_view ww_view_answer; /* of a packet that answers one which the rule is about */

/* Must rule i of the ruleset be said in this direction's chain, whatever the other rules are? */
bool ww_lower_needs_chain(const struct ww_ruleset *rs, size_t i, enum ww_dir dir);
/* Where it is said: there, or in sets. */
bool ww_lower_in_chain(const struct ww_lowering *l, size_t i, enum ww_dir dir);
bool ww_lower_proxy_in_chain(const struct ww_ruleset *rs, size_t i);

/* "<name>-<id12>", only of what nft reads as a name; in the arena. NULL: out of memory. */
const char *ww_lower_tag(struct ww_lowering *l, const char *name, const char *id);

/* Failures of memory stick in the arena. */
void ww_lower_put(struct ww_lowering *l, enum ww_stem stem, int family, const struct ww_key *key, const char *value,
                  const char *origin);
void ww_lower_push(struct ww_lowering *l, struct ww_stmts *list, const struct ww_stmt *stmt);
/* Hash the statements and keep them as a chain. */
void ww_lower_chain(struct ww_lowering *l, const char *name, const struct ww_stmts *stmts);

/* The elements that stand for the container itself, and for rules that need no chain. */
void ww_lower_base(struct ww_lowering *l);
void ww_lower_rule_elements(struct ww_lowering *l, size_t i);

/* Statements with the conditions of rule i in this direction, without what is to happen then. */
void ww_lower_match(struct ww_lowering *l, const struct ww_rule *rule, enum ww_dir dir, const struct ww_view *view,
                    struct ww_stmts *list);
/* The same for what lets the userland proxy through to the rule's ports. */
void ww_lower_match_proxy(struct ww_lowering *l, const struct ww_rule *rule, const struct ww_view *view,
                          struct ww_stmts *list);

/* The container's chains, and the map elements that lead to them. */
void ww_lower_chains(struct ww_lowering *l);

/* What stands for a verdict in the flow's label. Never 0. */
uint64_t ww_lower_verdict_number(const struct ww_lowering *l, size_t i, enum ww_dir dir);
/* The chain that applies the verdict of rule i, and the element that leads to it. */
void ww_lower_verdict(struct ww_lowering *l, size_t i, enum ww_dir dir);

/*
 * Bind an endpoint to its port. exclusive: only from there its addresses are sent from, and only there they are sent
 * to; else they are its own there, and other endpoints may have them elsewhere. fenced: known on a guarded network.
 */
void ww_lower_bind(struct ww_lowering *l, const struct ww_known *k, bool exclusive, bool fenced);
/* The bridge itself: its addresses and its MAC belong to no endpoint behind a port. */
void ww_lower_own(struct ww_lowering *l, const struct ww_fence *f);
/* The host itself: nothing behind a port sends from its addresses. */
void ww_lower_host(struct ww_lowering *l, const struct ww_fence *f);
void ww_lower_own_link(struct ww_lowering *l, const struct ww_fence *f);

const char *ww_dir_name(enum ww_dir dir);
const char *ww_lower_log_prefix(struct ww_lowering *l, const struct ww_rule *rule);

#endif
