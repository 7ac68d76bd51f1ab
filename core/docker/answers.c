/* An answer of the engine's goes into the world; what an error answer means. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/docker/source_internal.h"

static int answer_container(struct ww_source *s, int64_t asked, const char *text, size_t len, struct ww_error *err)
{
    struct ww_container *c = NULL;
    int rc = ww_decode_container(text, len, &c, err);
    if (rc < 0)
        return rc;
    c->pid_told_ns = asked;
    ww_listing_mark(s, c->id, false);
    ww_listing_ask_image(s, c);
    return ww_world_put_container(s->world, c, err);
}

static int answer_network(struct ww_source *s, int64_t asked, const char *text, size_t len, struct ww_error *err)
{
    struct ww_network *n = NULL;
    int rc = ww_decode_network(text, len, &n, err);
    if (rc < 0)
        return rc;
    n->told_ns = asked;
    ww_listing_mark(s, n->id, false);
    return ww_world_put_network(s->world, n, err);
}

/* Nothing to do where no policy reads them. */
static int answer_image_labels(struct ww_source *s, const char *id, const char *text, size_t len, struct ww_error *err)
{
    struct ww_labels labels = {0};
    if (!(ww_world_reads(s->world) & WW_READS_LABELS))
        return 0;
    int rc = ww_decode_image_labels(text, len, &labels, err);
    if (rc == 0)
        ww_world_put_image_labels(s->world, id, &labels);
    return rc;
}

static int answer_image(struct ww_source *s, const char *id, const char *text, size_t len, struct ww_error *err)
{
    ww_auto_free char *own = NULL;
    ww_auto_free char *rules = NULL;
    ww_auto_free char *audit = NULL;
    int rc = ww_decode_image(text, len, &own, &rules, &audit, err);
    if (rc == 0)
        rc = ww_world_put_image(s->world, id, rules, audit, true, err);
    if (rc == 0 && own && strcmp(own, id) != 0) /* asked by name: the container will soon be known to have that id */
        rc = ww_world_put_image(s->world, own, rules, audit, true, err);
    if (rc == 0)
        rc = answer_image_labels(s, id, text, len, err);
    if (rc == 0 && own && strcmp(own, id) != 0)
        rc = answer_image_labels(s, own, text, len, err);
    return rc;
}

static int answer_services(struct ww_source *s, const char *text, size_t len, struct ww_error *err)
{
    struct ww_services services = {0};
    int rc = ww_decode_services(text, len, &services, err);
    if (rc == 0)
        ww_world_put_services(s->world, &services);
    return rc;
}

/* An engine that is no manager of a swarm says 503; one that is none of Docker's, or a proxy before it, that there is
 * no such thing. */
static bool answer_is_no_manager(const struct ww_ask *ask, long status)
{
    return ask->kind == WW_ASK_SERVICES && (status == 503 || (status >= 400 && status < 500));
}

static int answer_take(struct ww_source *s, const struct ww_ask *ask, const char *text, size_t len,
                       struct ww_error *err)
{
    switch (ask->kind) {
    case WW_ASK_NETWORK:
        return answer_network(s, ask->sent, text, len, err);
    case WW_ASK_CONTAINERS:
        return ww_listing_take_containers(s, text, len, err);
    case WW_ASK_NETWORKS:
        return ww_listing_take_networks(s, text, len, err);
    case WW_ASK_IMAGE:
        return answer_image(s, ask->id, text, len, err);
    case WW_ASK_SERVICES:
        return answer_services(s, text, len, err);
    default:
        return answer_container(s, ask->sent, text, len, err);
    }
}

/* 404 is an answer, too: it is gone. */
static int answer_gone(struct ww_source *s, const struct ww_ask *ask, struct ww_error *err)
{
    if (ask->kind == WW_ASK_IMAGE)
        return ww_world_put_image(s->world, ask->id, NULL, NULL, false, err);
    if (ask->kind == WW_ASK_NETWORK)
        ww_world_remove_network(s->world, ask->id);
    else
        ww_world_remove_container(s->world, ask->id);
    ww_listing_mark(s, ask->id, true);
    return 0;
}

int ww_answer_apply(struct ww_source *s, const struct ww_ask *ask, const struct ww_http_answer *answer,
                    struct ww_error *err)
{
    if (answer->rc < 0) {
        *err = *answer->error;
        return answer->rc;
    }
    if (answer_is_no_manager(ask, answer->status)) {
        ww_world_put_services(s->world, &(struct ww_services){0});
        return 0;
    }
    if (answer->status == 404 && ask->id[0])
        return answer_gone(s, ask, err);
    if (answer->status != 200) {
        char message[256];
        ww_decode_message(answer->body, answer->len, message, sizeof(message));
        return ww_fail(err, answer->status >= 500 ? -EREMOTEIO : -EACCES, "GET %s%s: status %ld%s%s", s->prefix,
                       ask->key, answer->status, message[0] ? ": " : "", message);
    }
    int rc = answer_take(s, ask, answer->body, answer->len, err);
    if (rc < 0)
        ww_context(err, "the answer to GET %s%s", s->prefix, ask->key);
    return rc;
}

void ww_answer_give_up(struct ww_source *s, const struct ww_ask *ask)
{
    struct ww_error err = {0};
    if (ask->kind == WW_ASK_IMAGE && ww_world_put_image(s->world, ask->id, NULL, NULL, false, &err) < 0)
        ww_source_break(s, &err);
}
