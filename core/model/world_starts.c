/* Which containers were started: found out from answers, told once. */
#include <utlist.h>

#include "core/model/world_internal.h"

static void queue_start(struct ww_world *w, struct ww_node *node)
{
    if (node->starting)
        return;
    node->starting = true;
    DL_APPEND(w->starts, node);
}

void ww_world_drop_start(struct ww_world *w, struct ww_node *node)
{
    if (!node->starting)
        return;
    node->starting = false;
    DL_DELETE(w->starts, node);
}

void ww_world_update_start(struct ww_world *w, struct ww_node *node, int64_t started_at_ns)
{
    if (!started_at_ns || started_at_ns == node->c->started_at_ns)
        return;
    node->c->started_at_ns = started_at_ns;
    queue_start(w, node);
}

void ww_world_note_start(struct ww_world *w, struct ww_node *node, const struct ww_container *before)
{
    int64_t known = before ? before->started_at_ns : 0;
    struct ww_container *c = node->c;
    if (!c->started_at_ns && ww_container_is_up(c))
        c->started_at_ns = known; /* lists do not say it */
    if (c->started_at_ns && c->started_at_ns != known)
        queue_start(w, node);
}

const char *ww_world_next_start(struct ww_world *w)
{
    struct ww_node *node = w->starts;
    if (!node)
        return NULL;
    ww_world_drop_start(w, node);
    return node->id;
}
