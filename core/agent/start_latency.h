/* The start latency of each container: by how much its rules were in force before the engine started its process. */
#ifndef WW_AGENT_START_LATENCY_H
#define WW_AGENT_START_LATENCY_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "core/agent/idset.h"
#include "core/ir/plan.h"

struct ww_agent;

/* What is remembered of one container. */
struct ww_start_latency {
    char *id;
    int64_t active;    /* ww_clock_mono() of the commit since which all its addresses are in force; 0: before us */
    bool known;        /* its start was seen, and what follows is right */
    int64_t before_ms; /* by which the rules were active before the start; negative: late */
    UT_hash_handle hh;
};

/* All zero is empty. */
struct ww_start_latencies {
    struct ww_start_latency *by_id;
    struct ww_idset starting; /* started, and the rules are not in force yet as far as we know */
};

void ww_start_latencies_done(struct ww_start_latencies *all);

/* NULL: not known, for example because it ran before the program saw it. Borrowed. */
const struct ww_start_latency *ww_start_latency_find(const struct ww_agent *a, const char *id);

/* The change has been committed just now. */
void ww_start_latency_committed(struct ww_agent *a, const struct ww_diff *diff);
/* Log every start that was seen and whose rules are in force. Call it before and after what the world learned becomes
 * rules: before, because a short life may be over by then. */
void ww_start_latency_follow(struct ww_agent *a);
/* No step asks for this container any more, unless it is still in force. */
void ww_start_latency_forget(struct ww_agent *a, const char *id);

#endif
