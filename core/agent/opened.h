/* What the rules of other containers open at one container: no more of it than the loop has time for. */
#ifndef WW_AGENT_OPENED_H
#define WW_AGENT_OPENED_H

#include <stddef.h>

#include "core/base/error.h"
#include "core/ir/compiled.h"
#include "core/ir/ruleset.h"

struct ww_agent;

/* How much there is room for. */
struct ww_opened_room {
    size_t elements;   /* of the kernel's sets */
    size_t work;       /* what is left of WW_LIMIT_BAN_WORK */
    size_t held;       /* … of which each rule takes once for each of these, refusals and special rules, */
    size_t banned_own; /* … and its own addresses once for each of theirs */
    size_t left_out;   /* openers that there was no room for */
};

void ww_opened_room_init(struct ww_opened_room *room);

/* A container of the ruleset: what it refuses will be taken out, and what is special in it comes first. */
void ww_opened_room_hold(struct ww_opened_room *room, const struct ww_compiled *compiled);

/*
 * Add what other containers' rules open at `target`, those of one container all or none: of those that have few such
 * rules first. What there is no room for opens nothing here. -ENOMEM.
 */
int ww_opened_add(struct ww_agent *a, const char *target, struct ww_opened_room *room, struct ww_ruleset *rs);

#endif
