/* The kernel's counters of dropped packets, by container. */
#include "core/agent/drop_tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "core/agent/drop_view.h"
#include "core/agent/port_bindings.h"
#include "core/base/keyed.h"

struct reading {
    const struct ww_agent *agent;
    struct ww_drop_tallies tallies;
};

static const struct ww_ruleset *whose(const struct ww_agent *a, const struct ww_drop_counter *counter)
{
    const struct ww_plan *plan = a->applied;
    if (counter->bridge_port)
        return ww_port_bindings_ruleset(a, counter->bridge_port);
    if (counter->reason == WW_REASON_SPOOF)
        return ww_drop_ruleset_by_mac(plan, &counter->mac);
    if (counter->reason != WW_REASON_PORT)
        return ww_plan_by_addr(plan, &counter->addr);
    struct ww_addr host = counter->addr;
    host.family = (uint8_t)counter->family; /* every address of the family, where it is published on all of them */
    return ww_plan_by_publish(plan, counter->proto, &host, counter->port, NULL);
}

static struct ww_drop_tally *new_tally(struct ww_drop_tallies *tallies, const char *id)
{
    struct ww_drop_tally *t = NULL;
    HASH_FIND_STR(tallies->by_id, id, t);
    if (!t)
        ww_keyed_add(tallies->by_id, t, id, id);
    return t;
}

/* A counter that no container has is that of one that is just going. */
static int take_counter(const struct ww_drop_counter *counter, void *arg)
{
    struct reading *r = arg;
    const struct ww_ruleset *rs = whose(r->agent, counter);
    if (!rs && counter->lost)
        r->tallies.lost += counter->packets;
    if (!rs)
        return 0;
    struct ww_drop_tally *t = new_tally(&r->tallies, rs->id);
    if (!t)
        return -ENOMEM;
    if (counter->lost) {
        t->lost += counter->packets;
        return 0;
    }
    struct ww_drop_count *count = counter->audited ? &t->audited[counter->reason] : &t->of[counter->reason];
    count->packets += counter->packets;
    count->bytes += counter->bytes;
    return 0;
}

int ww_drops_tally(struct ww_agent *a, struct ww_drop_tallies *ret_tallies, struct ww_error *err)
{
    struct reading r = {.agent = a};
    int rc = ww_kernel_drops(a->kernel, take_counter, &r, err);
    if (rc < 0) {
        ww_drop_tallies_done(&r.tallies);
        return rc == -ENOMEM ? ww_fail(err, rc, "out of memory") : rc;
    }
    *ret_tallies = r.tallies;
    return 0;
}

const struct ww_drop_tally *ww_drops_tally_of(const struct ww_drop_tallies *tallies, const char *id)
{
    struct ww_drop_tally *t = NULL;
    HASH_FIND_STR(tallies->by_id, id, t);
    return t;
}

void ww_drop_tallies_done(struct ww_drop_tallies *tallies)
{
    struct ww_drop_tally *t;
    struct ww_drop_tally *tmp;
    HASH_ITER (hh, tallies->by_id, t, tmp) {
        ww_keyed_drop(tallies->by_id, t, id);
    }
}
