/* The leases by which the default bridge is guarded for a few seconds. */
#ifndef WW_AGENT_GUARD_LEASE_H
#define WW_AGENT_GUARD_LEASE_H

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "core/base/error.h"

/*
 * A managed container that is about to get an address on the default bridge. Image builds use addresses there that the
 * engine does not announce, so that bridge is guarded only until the address is known, and not for ever.
 */
struct ww_guard_lease {
    char *id;       /* the container's */
    int64_t ends;   /* ww_clock_mono(): when it is to be looked at whether it is over */
    int64_t latest; /* when it is over in any case */
    bool read;      /* the loop has read what there was to be read when its time had come */
    bool over;      /* it had its time, and gets no other until it goes on */
    UT_hash_handle hh;
};

struct ww_guard_leases {
    struct ww_guard_lease *by_id;
    bool told; /* the default bridges were last looked at while one was under way */
};

void ww_guard_leases_done(struct ww_guard_leases *all);
/* Begin, unless it had its time already: 1 if it begins now, 0 if not, -ENOMEM. */
int ww_guard_lease_begin(struct ww_guard_leases *all, const char *id, struct ww_error *err);
/* It got its address, or is gone. */
void ww_guard_lease_end(struct ww_guard_leases *all, const char *id);
/* Those whose time has come are over; but what there is to be read is read first, and while the engine owes an answer
 * (owed), which may have the address, they go on. */
void ww_guard_leases_expire(struct ww_guard_leases *all, bool owed);
/* When the last one that is under way is to be looked at (it may be in the past), or 0: none is. */
int64_t ww_guard_leases_until(const struct ww_guard_leases *all);

#endif
