#include "core/agent/guard_lease.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/keyed.h"

/* A start that takes longer than this between its creation and its address is not waited for. */
#define LEASE_NS (5 * WW_NS_PER_S)
#define OWED_NS (5 * WW_NS_PER_S) /* and so much longer while the engine's answer is under way */
#define LOOK_NS (10 * WW_NS_PER_MS)

static struct ww_guard_lease *find_lease(const struct ww_guard_leases *all, const char *id)
{
    struct ww_guard_lease *m;
    HASH_FIND_STR(all->by_id, id, m);
    return m;
}

void ww_guard_leases_done(struct ww_guard_leases *all)
{
    struct ww_guard_lease *m, *next;
    HASH_ITER (hh, all->by_id, m, next)
        ww_keyed_drop(all->by_id, m, id);
}

int ww_guard_lease_begin(struct ww_guard_leases *all, const char *id, struct ww_error *err)
{
    if (find_lease(all, id))
        return 0;
    struct ww_guard_lease *m = NULL;
    ww_keyed_add(all->by_id, m, id, id);
    if (!m)
        return ww_fail(err, -ENOMEM, "out of memory");
    m->ends = ww_clock_mono() + LEASE_NS;
    m->latest = m->ends + OWED_NS;
    return 1;
}

void ww_guard_lease_end(struct ww_guard_leases *all, const char *id)
{
    struct ww_guard_lease *m = find_lease(all, id);
    if (m)
        ww_keyed_drop(all->by_id, m, id);
}

/* In a turn of the loop timers come before what is to be read: the first time only a turn is waited for. */
void ww_guard_leases_expire(struct ww_guard_leases *all, bool owed)
{
    int64_t now = ww_clock_mono();
    for (struct ww_guard_lease *m = all->by_id; m; m = m->hh.next) {
        if (m->over || m->ends > now)
            continue;
        m->over = m->read && (!owed || now >= m->latest);
        m->read = true;
        m->ends = now + LOOK_NS;
    }
}

int64_t ww_guard_leases_until(const struct ww_guard_leases *all)
{
    int64_t until = 0;
    for (const struct ww_guard_lease *m = all->by_id; m; m = m->hh.next)
        if (!m->over && m->ends > until)
            until = m->ends;
    return until;
}
