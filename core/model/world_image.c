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

/* Takes `label` over, also on failure. */
static int image_add(struct ww_world *w, const char *id, char *label, bool known)
{
    struct ww_image *image = calloc(1, sizeof(*image));
    if (!image) {
        free(label);
        return -ENOMEM;
    }
    image->id = strdup(id);
    image->label = label;
    image->known = known;
    if (image->id)
        HASH_ADD_KEYPTR(hh, w->images, image->id, strlen(image->id), image);
    if (!image->id || !image->hh.tbl) {
        image_free(image);
        return -ENOMEM;
    }
    return 0;
}

int ww_world_put_image(struct ww_world *w, const char *image_id, const char *label_rules, bool known,
                       struct ww_error *err)
{
    struct ww_image *image = image_find(w, image_id);
    if (!known)
        label_rules = NULL;
    if (image && image->known == known && field_equal(image->label, label_rules))
        return 0;
    char *label = label_rules ? strdup(label_rules) : NULL;
    if (label_rules && !label)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (!image && image_add(w, image_id, label, known) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (image) {
        free(image->label);
        image->label = label;
        image->known = known;
    }
    const struct ww_members *made = ww_index_find(&w->index, CT_IMAGE, image_id);
    for (size_t i = 0; i < made->n; i++)
        ww_world_touch(w, made->items[i]->id, false);
    return 0;
}

int ww_world_put_image_audit(struct ww_world *w, const char *image_id, const char *label_audit, struct ww_error *err)
{
    struct ww_image *image = image_find(w, image_id);
    if (!image || field_equal(image->audit, label_audit))
        return 0;
    char *audit = label_audit ? strdup(label_audit) : NULL;
    if (label_audit && !audit)
        return ww_fail(err, -ENOMEM, "out of memory");
    free(image->audit);
    image->audit = audit;
    const struct ww_members *made = ww_index_find(&w->index, CT_IMAGE, image_id);
    for (size_t i = 0; i < made->n; i++)
        ww_world_touch(w, made->items[i]->id, false);
    return 0;
}

const char *ww_world_audit_label(const struct ww_world *w, const struct ww_container *c)
{
    const struct ww_image *image = c->image_id ? image_find(w, c->image_id) : NULL;
    if (!c->label_audit || !image || !image->known || field_equal(image->audit, c->label_audit))
        return NULL;
    return c->label_audit;
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
