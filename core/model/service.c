#include "core/model/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int append_service(struct ww_services *services, const char *id, const char *name, struct ww_strays *strays)
{
    struct ww_service *items = reallocarray(services->items, services->n + 1, sizeof(*items));
    if (!items)
        return -ENOMEM;
    services->items = items;
    struct ww_service service = {.id = strdup(id), .name = strdup(name)};
    if (!service.id || !service.name) {
        free(service.id);
        free(service.name);
        return -ENOMEM;
    }
    service.strays = strays;
    items[services->n++] = service;
    return 0;
}

int ww_services_add(struct ww_services *services, const char *id, const char *name, struct ww_strays **strays,
                    struct ww_error *err)
{
    int rc = append_service(services, id, name, *strays);
    if (rc < 0)
        ww_strays_free(*strays);
    *strays = NULL;
    return rc < 0 ? ww_fail(err, rc, "out of memory") : 0;
}

void ww_services_done(struct ww_services *services)
{
    for (size_t i = 0; i < services->n; i++) {
        free(services->items[i].id);
        free(services->items[i].name);
        ww_strays_free(services->items[i].strays);
    }
    free(services->items);
    *services = (struct ww_services){0};
}

bool ww_services_equal(const struct ww_services *a, const struct ww_services *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->items[i].id, b->items[i].id) != 0 || strcmp(a->items[i].name, b->items[i].name) != 0 ||
            !ww_strays_equal(a->items[i].strays, b->items[i].strays))
            return false;
    return true;
}
