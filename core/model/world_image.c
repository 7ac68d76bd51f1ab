/* What images' own labels say, as long as a container is of the image. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/field.h"
#include "core/model/world_internal.h"

static struct ww_image *image_find(const struct ww_world *w, const char *id)
{
    struct ww_image *image;
    HASH_FIND_STR(w->images, id, image);
    return image;
}

static void image_free(struct ww_image *image)
{
    free(image->id);
    free(image->label);
    free(image->audit);
    ww_labels_done(&image->labels);
    free(image);
}

static struct ww_image *image_make(struct ww_world *w, const char *id)
{
    struct ww_image *image = image_find(w, id);
    if (image)
        return image;
    image = calloc(1, sizeof(*image));
    if (!image)
        return NULL;
    image->id = strdup(id);
    if (image->id)
        HASH_ADD_KEYPTR(hh, w->images, image->id, strlen(image->id), image);
    if (!image->id || !image->hh.tbl) {
        image_free(image);
        return NULL;
    }
    return image;
}

static int copy_label(const char *label, char **ret_copy)
{
    *ret_copy = label ? strdup(label) : NULL;
    return label && !*ret_copy ? -ENOMEM : 0;
}

/* All of it or nothing: one that is known is not asked for again, and what it lacks would be the containers' own. */
static int image_put(struct ww_world *w, const char *id, const char *rules, const char *audit, bool known)
{
    char *own_rules = NULL;
    char *own_audit = NULL;
    struct ww_image *image = NULL;
    if (copy_label(rules, &own_rules) == 0 && copy_label(audit, &own_audit) == 0)
        image = image_make(w, id);
    if (!image) {
        free(own_rules);
        free(own_audit);
        return -ENOMEM;
    }
    free(image->label);
    free(image->audit);
    image->label = own_rules;
    image->audit = own_audit;
    image->known = known;
    return 0;
}

int ww_world_put_image(struct ww_world *w, const char *image_id, const char *label_rules, const char *label_audit,
                       bool known, struct ww_error *err)
{
    const struct ww_image *image = image_find(w, image_id);
    const char *rules = known ? label_rules : NULL;
    const char *audit = known ? label_audit : NULL;
    if (image && image->known == known && field_equal(image->label, rules) && field_equal(image->audit, audit))
        return 0;
    if (image_put(w, image_id, rules, audit, known) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    const struct ww_members *made = ww_index_find(&w->index, CT_IMAGE, image_id);
    for (size_t i = 0; i < made->n; i++)
        ww_world_touch(w, made->items[i]->id, false);
    return 0;
}

enum ww_switch ww_world_audit_switch(const struct ww_world *w, const struct ww_container *c)
{
    const struct ww_image *image = c->image_id ? image_find(w, c->image_id) : NULL;
    enum ww_switch label = ww_switch_parse(c->label_audit);
    bool known = image && image->known;
    if (known && !field_equal(image->audit, c->label_audit))
        return label;
    if (label == WW_SWITCH_BAD && !known)
        return WW_SWITCH_OFF;
    return label == WW_SWITCH_OFF ? WW_SWITCH_OFF : WW_SWITCH_UNSET;
}

int ww_world_image(const struct ww_world *w, const char *image_id, const char **ret_label, bool *ret_known)
{
    const struct ww_image *image = image_find(w, image_id);
    if (!image)
        return -ENOENT;
    *ret_label = image->label;
    *ret_known = image->known;
    return 0;
}

void ww_world_prune_image(struct ww_world *w, const char *image_id)
{
    struct ww_image *image = image_find(w, image_id);
    if (!image || ww_index_find(&w->index, CT_IMAGE, image_id)->n)
        return;
    HASH_DEL(w->images, image);
    image_free(image);
}

void ww_world_free_images(struct ww_world *w)
{
    struct ww_image *image;
    struct ww_image *next;
    HASH_ITER (hh, w->images, image, next) {
        HASH_DEL(w->images, image);
        image_free(image);
    }
}
