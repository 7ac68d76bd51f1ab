/* Which containers were started, and as which process: found out from answers, told once. */
#include <utlist.h>

#include "core/model/world_internal.h"

static void queue_start(struct ww_world *w, struct ww_node *node)
{
    if (node->starting)
        return;
    node->starting = true;
    DL_APPEND(w->starts, node);
}

static void queue_told(struct ww_world *w, struct ww_node *node)
{
    if (node->told)
        return;
    node->told = true;
    DL_APPEND2(w->told, node, prev_told, next_told);
}

static void drop_told(struct ww_world *w, struct ww_node *node)
{
    if (!node->told)
        return;
    node->told = false;
    DL_DELETE2(w->told, node, prev_told, next_told);
}

static void drop_start(struct ww_world *w, struct ww_node *node)
{
    if (!node->starting)
        return;
    node->starting = false;
    DL_DELETE(w->starts, node);
}

void ww_world_drop_start(struct ww_world *w, struct ww_node *node)
{
    drop_start(w, node);
    drop_told(w, node);
}

void ww_world_update_start(struct ww_world *w, struct ww_node *node, const struct ww_container *answer)
{
    if (answer->pid_told_ns) {
        node->c->net_admin = answer->net_admin;
        node->c->pid = answer->pid;
        node->c->pid_told_ns = answer->pid_told_ns;
        queue_told(w, node);
    }
    if (!answer->started_at_ns || answer->started_at_ns == node->c->started_at_ns)
        return;
    node->c->started_at_ns = answer->started_at_ns;
    queue_start(w, node);
}

/* Lists do not say it: while it is up, what was said before holds. */
static void note_process(struct ww_world *w, struct ww_node *node, const struct ww_container *before)
{
    struct ww_container *c = node->c;
    if (!c->pid_told_ns && before)
        c->net_admin = before->net_admin;
    if (!c->pid_told_ns && before && ww_container_is_up(before) && ww_container_is_up(c)) {
        c->pid = before->pid;
        c->pid_told_ns = before->pid_told_ns;
    }
    if (c->pid_told_ns)
        queue_told(w, node);
}

void ww_world_note_start(struct ww_world *w, struct ww_node *node, const struct ww_container *before)
{
    int64_t known = before ? before->started_at_ns : 0;
    struct ww_container *c = node->c;
    note_process(w, node, before);
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
    drop_start(w, node);
    return node->id;
}

const char *ww_world_next_told(struct ww_world *w)
{
    struct ww_node *node = w->told;
    if (!node)
        return NULL;
    drop_told(w, node);
    return node->id;
}
