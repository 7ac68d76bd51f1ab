/* A fence between two states: some containers are still, or not yet, known as they were. */
#include <errno.h>

#include "core/ir/fence.h"

/* One under way. */
struct mixing {
    struct ww_fence *mixed;
    bool wanted; /* of those that are held, or of the others */
    bool (*is_held)(const char *container, void *arg);
    void *arg;
};

static int copy_network(struct ww_fence *mixed, const struct ww_fence *to)
{
    int rc = 0;
    mixed->guarded = to->guarded;
    mixed->brief = to->brief;
    mixed->own_mac = to->own_mac;
    for (size_t i = 0; i < to->n_subnets && rc == 0; i++)
        rc = ww_fence_add_subnet(mixed, &to->subnets[i]);
    for (size_t i = 0; i < to->n_always && rc == 0; i++)
        rc = ww_fence_add_always(mixed, &to->always[i]);
    for (size_t i = 0; i < to->n_aux && rc == 0; i++)
        rc = ww_fence_add_aux(mixed, &to->aux[i]);
    for (size_t i = 0; i < to->n_own && rc == 0; i++)
        rc = ww_fence_add_own(mixed, &to->own[i]);
    for (size_t i = 0; i < to->n_bystanders && rc == 0; i++)
        rc = ww_fence_add_bystander(mixed, &to->bystanders[i]);
    return rc;
}

static int copy_known(const struct ww_known *known, void *arg)
{
    struct mixing *m = arg;
    return m->is_held(known->container, m->arg) == m->wanted ? ww_fence_add_known(m->mixed, known) : 0;
}

int ww_fence_mix(const struct ww_fence *to, const struct ww_fence *from,
                 bool (*is_held)(const char *container, void *arg), void *arg, struct ww_fence **ret_mixed,
                 struct ww_error *err)
{
    struct mixing m = {.mixed = ww_fence_new(to->id, to->name, to->bridge), .is_held = is_held, .arg = arg};
    int rc = m.mixed ? copy_network(m.mixed, to) : -ENOMEM;
    if (rc == 0)
        rc = ww_fence_each_only(to, NULL, copy_known, &m);
    m.wanted = true;
    if (rc == 0 && from)
        rc = ww_fence_each_only(from, NULL, copy_known, &m);
    rc = rc < 0 ? ww_fail(err, rc, "out of memory") : ww_fence_seal(m.mixed, err);
    if (rc < 0)
        ww_fence_unref(m.mixed);
    else
        *ret_mixed = m.mixed;
    return rc;
}
