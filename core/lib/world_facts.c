/* Facts of a world, as an engine tells them. */
#include <errno.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/docker/decode.h"
#include "core/lib/failure.h"
#include "core/lib/world_internal.h"

/* An image that is not told of has no labels of its own: the container's are what its owner wrote. */
static int put_image_of(struct ww_world *world, const struct ww_container *c, struct ww_error *err)
{
    const char *label;
    bool known;
    if (!c->image_id || ww_world_image(world, c->image_id, &label, &known) != -ENOENT)
        return 0;
    return ww_world_put_image(world, c->image_id, NULL, NULL, true, err);
}

static int put_container(void *world, const char *text, size_t len, struct ww_error *err)
{
    struct ww_container *c = NULL;
    int rc = ww_decode_container(text, len, &c, err);
    if (rc < 0)
        return rc;
    rc = put_image_of(world, c, err);
    if (rc == 0)
        return ww_world_put_container(world, c, err);
    ww_container_free(c);
    return rc;
}

static int put_network(void *world, const char *text, size_t len, struct ww_error *err)
{
    struct ww_network *n = NULL;
    int rc = ww_decode_network(text, len, &n, err);
    return rc < 0 ? rc : ww_world_put_network(world, n, err);
}

static int put_image(void *world, const char *text, size_t len, struct ww_error *err)
{
    ww_auto_free char *id = NULL;
    ww_auto_free char *rules = NULL;
    ww_auto_free char *audit = NULL;
    struct ww_labels labels = {0};
    int rc = ww_decode_image(text, len, &id, &rules, &audit, err);
    if (rc == 0 && !id)
        rc = ww_fail(err, -EBADMSG, "an image has no id");
    if (rc == 0)
        rc = ww_world_put_image(world, id, rules, audit, true, err);
    if (rc < 0 || !(ww_world_reads(world) & WW_READS_LABELS))
        return rc;
    rc = ww_decode_image_labels(text, len, &labels, err);
    if (rc == 0)
        ww_world_put_image_labels(world, id, &labels);
    return rc;
}

static int add_inspected(struct whalewall_world *w, const char *json, size_t len, ww_inspected_fn *put,
                         struct whalewall_error *error)
{
    struct ww_error err = {0};
    ww_lib_world_change(w);
    return ww_decode_inspected(json, len, put, w->stage.world, &err) < 0 ? ww_failure(error, &err) : 0;
}

int whalewall_world_add_containers(struct whalewall_world *w, const char *json, size_t len,
                                   struct whalewall_error *error)
{
    return add_inspected(w, json, len, put_container, error);
}

int whalewall_world_add_networks(struct whalewall_world *w, const char *json, size_t len, struct whalewall_error *error)
{
    return add_inspected(w, json, len, put_network, error);
}

int whalewall_world_add_images(struct whalewall_world *w, const char *json, size_t len, struct whalewall_error *error)
{
    return add_inspected(w, json, len, put_image, error);
}
