/* The swarm's services: nothing that is enforced depends on them. */
#include "core/model/world_internal.h"

void ww_world_put_services(struct ww_world *w, struct ww_services *services)
{
    if (ww_services_equal(&w->services, services)) {
        ww_services_done(services);
        return;
    }
    ww_services_done(&w->services);
    w->services = *services;
    *services = (struct ww_services){0};
    w->services_changed = true;
}

const struct ww_services *ww_world_services(const struct ww_world *w)
{
    return &w->services;
}

bool ww_world_take_services_changed(struct ww_world *w)
{
    bool changed = w->services_changed;
    w->services_changed = false;
    return changed;
}
