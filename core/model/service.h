/* Services of a swarm, reduced to those with labels that look like ours: a service's own labels are not its
 * containers', so they are not obeyed. */
#ifndef WW_MODEL_SERVICE_H
#define WW_MODEL_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/model/stray.h"

struct ww_service {
    char *id;
    char *name; /* "" when the engine did not say */
    struct ww_strays *strays;
};

/* All zero is empty. */
struct ww_services {
    struct ww_service *items;
    size_t n;
};

/* Append; takes *strays over (also on failure), and sets it NULL. -ENOMEM. */
int ww_services_add(struct ww_services *services, const char *id, const char *name, struct ww_strays **strays,
                    struct ww_error *err);
void ww_services_done(struct ww_services *services);
bool ww_services_equal(const struct ww_services *a, const struct ww_services *b);

#endif
