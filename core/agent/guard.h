/* The guard: which bridge networks only known endpoints may talk on, and who is known there. */
#ifndef WW_AGENT_GUARD_H
#define WW_AGENT_GUARD_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "core/base/error.h"
#include "core/model/container.h"

enum ww_guard_mode {
    WW_GUARD_AUTO, /* user-defined networks of managed containers, and the default bridge for the moment */
    WW_GUARD_ALL,  /* every bridge network, all the time */
    WW_GUARD_OFF,
};

/* Why a network is guarded, or not. */
enum ww_guard_state {
    WW_GUARDED_AUTO,   /* a managed container is on it, or configured for it */
    WW_GUARDED_ALL,    /* by WW_GUARD_ALL */
    WW_GUARDED_KEPT,   /* nobody there is managed now, but it was guarded */
    WW_GUARDED_MOMENT, /* the default bridge, for the moment */
    WW_UNGUARDED,      /* nobody there is managed */
    WW_UNGUARDED_LABEL,
    WW_UNGUARDED_OFF, /* by WW_GUARD_OFF */
};

struct ww_agent;
struct ww_network;

/* Of a bridge network. */
enum ww_guard_state ww_guard_state(const struct ww_agent *a, const struct ww_network *n);
const char *ww_guard_state_text(enum ww_guard_state state); /* one word */

/*
 * A managed container that is about to get an address on the default bridge. Image builds use addresses there that the
 * engine does not announce, so that bridge is guarded only until the address is known, and not for ever.
 */
struct ww_vigil {
    char *id;     /* the container's */
    int64_t ends; /* ww_clock_mono(); in the past: it had its time, and gets no other until it goes on */
    UT_hash_handle hh;
};

struct ww_vigils {
    struct ww_vigil *by_id;
    bool told; /* the default bridges were last looked at while one was under way */
};

void ww_vigils_done(struct ww_vigils *all);
/* Begin, unless it had its time already: 1 if it begins now, 0 if not, -ENOMEM. */
int ww_vigil_begin(struct ww_vigils *all, const char *id, struct ww_error *err);
/* It got its address, or is gone. */
void ww_vigil_end(struct ww_vigils *all, const char *id);
/* When the last one that is under way ends, or 0: none is. */
int64_t ww_vigils_until(const struct ww_vigils *all);

#endif
