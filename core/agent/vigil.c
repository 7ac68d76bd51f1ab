#include "core/agent/vigil.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

/* A start that takes longer than this between its creation and its address is not waited for. */
#define VIGIL_NS (5 * WW_NS_PER_S)

static struct ww_vigil *find(const struct ww_vigils *all, const char *id)
{
    struct ww_vigil *m;
    HASH_FIND_STR(all->by_id, id, m);
    return m;
}

static void vigil_free(struct ww_vigils *all, struct ww_vigil *m)
{
    HASH_DEL(all->by_id, m);
    free(m->id);
    free(m);
}

void ww_vigils_done(struct ww_vigils *all)
{
    struct ww_vigil *m, *next;
    HASH_ITER (hh, all->by_id, m, next)
        vigil_free(all, m);
}

int ww_vigil_begin(struct ww_vigils *all, const char *id, struct ww_error *err)
{
    if (find(all, id))
        return 0;
    struct ww_vigil *m = calloc(1, sizeof(*m));
    if (m)
        m->id = strdup(id);
    if (m && m->id)
        HASH_ADD_KEYPTR(hh, all->by_id, m->id, strlen(m->id), m);
    if (!m || !m->hh.tbl) {
        if (m)
            free(m->id);
        free(m);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    m->ends = ww_clock_mono() + VIGIL_NS;
    return 1;
}

void ww_vigil_end(struct ww_vigils *all, const char *id)
{
    struct ww_vigil *m = find(all, id);
    if (m)
        vigil_free(all, m);
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
