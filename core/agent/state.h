/* How the agent is, for a program that embeds it: told when it changes. */
#ifndef WW_AGENT_STATE_H
#define WW_AGENT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/docker/source.h"

struct ww_agent;

struct ww_agent_state {
    enum ww_source_state engine;
    bool ready;        /* the engine's first full list is in force */
    bool refused;      /* the kernel has refused the last change, which is tried again */
    size_t containers; /* that have rules in force */
    uint64_t drops;    /* packets that were reported as dropped, so far */
};

/* fn NULL: nothing is told. */
struct ww_state_listener {
    void (*fn)(void *arg, const struct ww_agent_state *state);
    void *arg;
    struct ww_agent_state said;
};

/* Once a turn of the loop: tell it, where it is not what was said last. */
void ww_agent_state_follow(struct ww_agent *a);

#endif
