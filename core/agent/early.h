/* How early the rules of each container were in force, against the moment at which the engine started its process. */
#ifndef WW_AGENT_EARLY_H
#define WW_AGENT_EARLY_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "core/agent/idset.h"
#include "core/ir/plan.h"

struct ww_agent;

/* What is remembered of one container. */
struct ww_moment {
    char *id;
    int64_t active;    /* ww_clock_mono() of the commit since which all its addresses are in force; 0: before us */
    bool known;        /* its start was seen, and what follows is right */
    int64_t before_ms; /* by which the rules were active before the start; negative: late */
    UT_hash_handle hh;
};

/* All zero is empty. */
struct ww_moments {
    struct ww_moment *by_id;
    struct ww_idset starting; /* started, and the rules are not in force yet as far as we know */
};

void ww_moments_done(struct ww_moments *all);

/* NULL: not known, for example because it ran before the program saw it. Borrowed. */
const struct ww_moment *ww_early_find(const struct ww_agent *a, const char *id);

/* The change has been committed just now. */
void ww_early_committed(struct ww_agent *a, const struct ww_diff *diff);
/* Log every start that was seen and whose rules are in force. Call it before and after what the world learned becomes
 * rules: before, because a short life may be over by then. */
void ww_early_follow(struct ww_agent *a);
/* Nobody asks for this container any more, unless it is still in force. */
void ww_early_forget(struct ww_agent *a, const char *id);

#endif
