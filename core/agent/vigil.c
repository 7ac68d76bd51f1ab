#include "core/agent/vigil.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/keyed.h"

/* A start that takes longer than this between its creation and its address is not waited for. */
#define VIGIL_NS (5 * WW_NS_PER_S)

static struct ww_vigil *find(const struct ww_vigils *all, const char *id)
{
    struct ww_vigil *m;
    HASH_FIND_STR(all->by_id, id, m);
    return m;
}

void ww_vigils_done(struct ww_vigils *all)
{
    struct ww_vigil *m, *next;
    HASH_ITER (hh, all->by_id, m, next)
        ww_keyed_drop(all->by_id, m, id);
}

int ww_vigil_begin(struct ww_vigils *all, const char *id, struct ww_error *err)
{
    if (find(all, id))
        return 0;
    struct ww_vigil *m = NULL;
    ww_keyed_add(all->by_id, m, id, id);
    if (!m)
        return ww_fail(err, -ENOMEM, "out of memory");
    m->ends = ww_clock_mono() + VIGIL_NS;
    return 1;
}

void ww_vigil_end(struct ww_vigils *all, const char *id)
{
    struct ww_vigil *m = find(all, id);
    if (m)
        ww_keyed_drop(all->by_id, m, id);
}

int64_t ww_vigils_until(const struct ww_vigils *all)
{
    int64_t now = ww_clock_mono();
    int64_t until = 0;
    for (const struct ww_vigil *m = all->by_id; m; m = m->hh.next)
        if (m->ends > now && m->ends > until)
            until = m->ends;
    return until;
}
