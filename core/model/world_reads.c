/* What site policies read of answers, and what they decide. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/field.h"
#include "core/model/world_internal.h"

void ww_world_set_reads(struct ww_world *w, unsigned reads)
{
    w->keeps = reads;
}

unsigned ww_world_reads(const struct ww_world *w)
{
    return w->keeps;
}

/* A list names an image by its id where its tag is another's by now. */
static bool is_image_id(const char *name)
{
    size_t digits = strspn(name, "0123456789abcdef");
    return strncmp(name, "sha256:", 7) == 0 || (!name[digits] && (digits == 12 || digits == 64));
}

/* What the image was asked for as never changes, so a name that was told holds. */
static void trim_image(const struct ww_world *w, struct ww_container *c, const struct ww_container *before)
{
    bool kept = w->keeps & WW_READS_IMAGE;
    if (c->image && (!kept || is_image_id(c->image))) {
        free(c->image);
        c->image = NULL;
    }
    if (kept && !c->image && before && before->image)
        c->image = strdup(before->image); /* without memory: as a list that does not tell it */
}

void ww_world_trim_container(const struct ww_world *w, struct ww_container *c, const struct ww_container *before)
{
    trim_image(w, c, before);
    if (!(w->keeps & WW_READS_LABELS))
        ww_labels_done(&c->labels);
    if (before)
        c->decided = before->decided;
}

void ww_world_trim_network(const struct ww_world *w, struct ww_network *n)
{
    if (!(w->keeps & WW_READS_NETWORK_LABELS))
        ww_labels_done(&n->labels);
}

static struct ww_image *image_of(const struct ww_world *w, const char *id)
{
    struct ww_image *image;
    HASH_FIND_STR(w->images, id, image);
    return image;
}

void ww_world_put_image_labels(struct ww_world *w, const char *image_id, struct ww_labels *labels)
{
    struct ww_image *image = image_of(w, image_id);
    ww_labels_sort(labels);
    bool same = image && image->labelled && ww_labels_equal(&image->labels, labels);
    if (!image || !(w->keeps & WW_READS_LABELS) || same) {
        ww_labels_done(labels);
        return;
    }
    ww_labels_done(&image->labels);
    image->labels = *labels;
    image->labelled = true;
    *labels = (struct ww_labels){0};
    const struct ww_members *made = ww_index_find(&w->index, CT_IMAGE, image_id);
    for (size_t i = 0; i < made->n; i++)
        ww_world_touch(w, made->items[i]->id, false);
}

const struct ww_labels *ww_world_image_labels(const struct ww_world *w, const char *image_id)
{
    const struct ww_image *image = image_of(w, image_id);
    return image && image->known && image->labelled ? &image->labels : NULL;
}

void ww_world_decide(struct ww_world *w, const char *id, enum ww_decision decision)
{
    struct ww_node *node = ww_world_node(w, id);
    if (!node || node->c->decided == decision)
        return;
    node->c->decided = decision;
    ww_world_mark_networks_of(w, node);
}
