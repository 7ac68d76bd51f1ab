/* What is explained, and what is to be said beside the rules' verdict: of things that the rules do not know of. Private
 * to explain*.c. */
#ifndef WW_AGENT_EXPLAIN_NOTE_H
#define WW_AGENT_EXPLAIN_NOTE_H

#include "core/agent/explain_way.h"
#include "core/control/explain.h"

struct ww_agent;

struct ww_explaining {
    const struct ww_agent *agent;
    struct ww_asked asked;
    struct ww_explanation *out;
};

/* A flow from one address straight to the other, as a client begins it. */
struct ww_flow ww_explaining_flow(const struct ww_explaining *x, const struct ww_addr *src, const struct ww_addr *dst);
/* One more way, of that flow, still without steps: it passes. Valid until the next one. -ENOMEM. */
int ww_explaining_begin(struct ww_explaining *x, const struct ww_flow *flow, const char *network,
                        struct ww_explain_way **ret_way);

/* Each says something of what was asked, where there is something to say. -ENOMEM. */
int ww_explain_note_ends(struct ww_explaining *x);
/* The way that was judged last is on this network, where packets may not be filtered. */
int ww_explain_note_network(struct ww_explaining *x, const struct ww_network *n, int family);
int ww_explain_note_apart(struct ww_explaining *x);
int ww_explain_note_unpublished(struct ww_explaining *x);
int ww_explain_note_proxy(struct ww_explaining *x);
int ww_explain_note_ways(struct ww_explaining *x);
/* The same, and one way that nothing filters. */
int ww_explain_note_same(struct ww_explaining *x);
int ww_explain_note_host(struct ww_explaining *x);

#endif
