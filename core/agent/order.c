#include "core/agent/order.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct labelled {
    char *id;
    const char *label; /* "" where there is none */
};

static int compare_containers(const void *a, const void *b)
{
    const struct labelled *one = a;
    const struct labelled *other = b;
    int rc = strcmp(one->label, other->label);
    return rc ? rc : strcmp(one->id, other->id);
}

void ww_order_by_label(const struct ww_world *w, char **ids, size_t n)
{
    ww_auto_free struct labelled *list = n > 1 ? calloc(n, sizeof(*list)) : NULL;
    if (!list)
        return;
    for (size_t i = 0; i < n; i++) {
        const struct ww_container *c = ww_world_container(w, ids[i]);
        list[i] = (struct labelled){.id = ids[i], .label = c && c->label_rules ? c->label_rules : ""};
    }
    qsort(list, n, sizeof(*list), compare_containers);
    for (size_t i = 0; i < n; i++)
        ids[i] = list[i].id;
}
