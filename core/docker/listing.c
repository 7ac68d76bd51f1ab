/* A full list: asked for, taken in, and what is not in it removed from the world. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/docker/source_internal.h"

void ww_listing_begin(struct ww_source *s)
{
    if (s->listing.active) {
        s->listing.again = true;
        return;
    }
    s->listing.active = true;
    s->resync_due = 0;
    ww_ask(s, WW_ASK_CONTAINERS, "", true);
    ww_ask(s, WW_ASK_NETWORKS, "", true);
    ww_ask(s, WW_ASK_SERVICES, "", false);
}

void ww_listing_end(struct ww_source *s)
{
    struct ww_mark *mark;
    struct ww_mark *next;
    HASH_ITER (hh, s->listing.marks, mark, next) {
        HASH_DEL(s->listing.marks, mark);
        free(mark->id);
        free(mark);
    }
    s->listing = (struct ww_listing){0};
}

void ww_listing_count_down(struct ww_source *s)
{
    if (s->listing.left)
        s->listing.left--;
}

bool ww_listing_is_complete(const struct ww_source *s)
{
    return s->listing.active && !s->listing.left;
}

static const struct ww_mark *listing_find_mark(const struct ww_source *s, const char *id)
{
    struct ww_mark *mark = NULL;
    HASH_FIND_STR(s->listing.marks, id, mark);
    return mark;
}

static struct ww_mark *listing_new_mark(struct ww_source *s, const char *id)
{
    struct ww_mark *mark = calloc(1, sizeof(*mark));
    if (mark)
        mark->id = strdup(id);
    if (mark && mark->id)
        HASH_ADD_KEYPTR(hh, s->listing.marks, mark->id, strlen(mark->id), mark);
    if (!mark || !mark->hh.tbl) {
        struct ww_error err;
        if (mark)
            free(mark->id);
        free(mark);
        ww_fail(&err, -ENOMEM, "out of memory");
        ww_source_break(s, &err);
        return NULL;
    }
    return mark;
}

void ww_listing_mark(struct ww_source *s, const char *id, bool gone)
{
    struct ww_mark *mark = NULL;
    if (!s->listing.active)
        return;
    HASH_FIND_STR(s->listing.marks, id, mark);
    if (!mark)
        mark = listing_new_mark(s, id);
    if (mark)
        mark->gone = gone;
}

/* The ids of a list, and the source that it is for. */
struct id_list {
    struct ww_source *source;
    char **ids;
    size_t n;
    size_t cap;
};

static int id_list_add(struct id_list *list, const char *id, struct ww_error *err)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 64;
        char **ids = realloc(list->ids, cap * sizeof(*ids));
        if (!ids)
            return ww_fail(err, -ENOMEM, "out of memory");
        list->ids = ids;
        list->cap = cap;
    }
    list->ids[list->n] = strdup(id);
    if (!list->ids[list->n])
        return ww_fail(err, -ENOMEM, "out of memory");
    list->n++;
    return 0;
}

static void id_list_done(struct id_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->ids[i]);
    free(list->ids);
}

/* What was seen after the list was asked for exists, also where the list does not know it yet. */
static int id_list_add_marked(struct id_list *list, struct ww_error *err)
{
    const struct ww_mark *mark;
    for (mark = list->source->listing.marks; mark; mark = mark->hh.next) {
        int rc = mark->gone ? 0 : id_list_add(list, mark->id, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

void ww_listing_ask_image(struct ww_source *s, const struct ww_container *c)
{
    const char *label = NULL;
    bool known = false;
    bool labels = ww_world_reads(s->world) & WW_READS_LABELS;
    if (!(c->label_rules || c->label_audit || labels) || !c->image_id || !ww_image_name_is_valid(c->image_id))
        return;
    int rc = ww_world_image(s->world, c->image_id, &label, &known);
    /* One that was gone may be there again: that is worth a question with each full list. */
    bool untold = rc == 0 && known && labels && !ww_world_image_labels(s->world, c->image_id);
    if (rc == -ENOENT || untold || (!known && s->listing.active))
        ww_ask(s, WW_ASK_IMAGE, c->image_id, s->listing.active);
}

static bool listing_publishes_now(const struct ww_container *c)
{
    return c->state == WW_RUNNING || c->state == WW_PAUSED;
}

/* The list says nothing of the ports that a container which is down will publish. They never change, so an earlier
 * inspect's hold, if it was down then, too; else it is asked for, and the list does not wait for that. */
static int listing_complete_ports(struct ww_source *s, struct ww_container *c, struct ww_error *err)
{
    const struct ww_container *old = ww_world_container(s->world, c->id);
    if (listing_publishes_now(c))
        return 0;
    if (!old || listing_publishes_now(old)) {
        ww_ask(s, WW_ASK_CONTAINER, c->id, false);
        return 0;
    }
    struct ww_publish *copy = calloc(old->n_published + 1, sizeof(*copy));
    if (!copy)
        return ww_fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < old->n_published; i++)
        copy[i] = old->published[i];
    free(c->published);
    c->published = copy;
    c->n_published = old->n_published;
    return 0;
}

/* A list does not say when it was started, which the log is to say if it was while the program could know. */
static void listing_ask_start(struct ww_source *s, const struct ww_container *c)
{
    const struct ww_container *old = ww_world_container(s->world, c->id);
    if (s->generation && c->label_enabled && ww_container_is_up(c) && (!old || !ww_container_is_up(old)))
        ww_ask(s, WW_ASK_CONTAINER, c->id, false);
}

static int listing_take_container(void *arg, struct ww_container *c, struct ww_error *err)
{
    struct id_list *list = arg;
    struct ww_source *s = list->source;
    int rc = id_list_add(list, c->id, err);
    if (rc < 0 || listing_find_mark(s, c->id)) {
        ww_container_free(c);
        return rc;
    }
    ww_listing_ask_image(s, c);
    listing_ask_start(s, c);
    rc = listing_complete_ports(s, c, err);
    if (rc < 0) {
        ww_container_free(c);
        return rc;
    }
    return ww_world_put_container(s->world, c, err);
}

int ww_listing_take_containers(struct ww_source *s, const char *text, size_t len, struct ww_error *err)
{
    struct id_list list = {.source = s};
    int rc = ww_decode_containers(text, len, listing_take_container, &list, err);
    if (rc == 0)
        rc = id_list_add_marked(&list, err);
    if (rc == 0)
        ww_world_retain_containers(s->world, (const char *const *)list.ids, list.n);
    id_list_done(&list);
    return rc;
}

/* Endpoints are in the answers for one network only. */
static int listing_take_network(void *arg, const char *id, struct ww_error *err)
{
    struct id_list *list = arg;
    const struct ww_mark *mark = listing_find_mark(list->source, id);
    int rc = id_list_add(list, id, err);
    if (rc == 0 && !mark)
        ww_ask(list->source, WW_ASK_NETWORK, id, true);
    return rc;
}

int ww_listing_take_networks(struct ww_source *s, const char *text, size_t len, struct ww_error *err)
{
    struct id_list list = {.source = s};
    int rc = ww_decode_network_ids(text, len, listing_take_network, &list, err);
    if (rc == 0)
        rc = id_list_add_marked(&list, err);
    if (rc == 0)
        ww_world_retain_networks(s->world, (const char *const *)list.ids, list.n);
    id_list_done(&list);
    return rc;
}
