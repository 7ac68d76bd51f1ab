#include "core/model/container.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/model/field.h"

static const char share_prefix[] = "container:";

struct ww_container *ww_container_new(void)
{
    return calloc(1, sizeof(struct ww_container));
}

void ww_container_free(struct ww_container *c)
{
    if (!c)
        return;
    char *const strings[] = {c->id,          c->name,        c->image_id, c->image,   c->network_mode, c->label_enabled,
                             c->label_rules, c->label_audit, c->project,  c->service, c->swarm_service};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        free(strings[i]);
    for (size_t i = 0; i < c->n_networks; i++)
        free(c->networks[i]);
    free(c->networks);
    ww_strays_free(c->strays);
    ww_labels_done(&c->labels);
    free(c->published);
    free(c);
}

static int network_name_order(const void *a, const void *b)
{
    return field_cmp(*(char *const *)a, *(char *const *)b);
}

static int publish_order(const void *a, const void *b)
{
    return ww_publish_cmp(a, b);
}

static void normalize_networks(struct ww_container *c)
{
    if (!c->n_networks)
        return;
    qsort(c->networks, c->n_networks, sizeof(*c->networks), network_name_order);
    size_t kept = 1;
    for (size_t i = 1; i < c->n_networks; i++) {
        if (field_equal(c->networks[i], c->networks[kept - 1]))
            free(c->networks[i]);
        else
            c->networks[kept++] = c->networks[i];
    }
    c->n_networks = kept;
}

static void normalize_published(struct ww_container *c)
{
    if (!c->n_published)
        return;
    qsort(c->published, c->n_published, sizeof(*c->published), publish_order);
    size_t kept = 1;
    for (size_t i = 1; i < c->n_published; i++)
        if (ww_publish_cmp(&c->published[i], &c->published[kept - 1]) != 0)
            c->published[kept++] = c->published[i];
    c->n_published = kept;
}

void ww_container_normalize(struct ww_container *c)
{
    normalize_networks(c);
    normalize_published(c);
    ww_labels_sort(&c->labels);
}

bool ww_container_equal(const struct ww_container *a, const struct ww_container *b)
{
    if (!field_equal(a->id, b->id) || !field_equal(a->name, b->name) || !field_equal(a->image_id, b->image_id) ||
        a->state != b->state || !field_equal(a->network_mode, b->network_mode) ||
        !field_equal(a->label_audit, b->label_audit) || !field_equal(a->label_enabled, b->label_enabled) ||
        !field_equal(a->label_rules, b->label_rules) || !field_equal(a->project, b->project) ||
        !field_equal(a->service, b->service) || !field_equal(a->swarm_service, b->swarm_service) ||
        !ww_strays_equal(a->strays, b->strays) || !field_equal(a->image, b->image) ||
        !ww_labels_equal(&a->labels, &b->labels) || a->n_networks != b->n_networks || a->n_published != b->n_published)
        return false;
    for (size_t i = 0; i < a->n_networks; i++)
        if (!field_equal(a->networks[i], b->networks[i]))
            return false;
    for (size_t i = 0; i < a->n_published; i++)
        if (ww_publish_cmp(&a->published[i], &b->published[i]) != 0)
            return false;
    return true;
}

/* Is text[0..len) this word, in any case? */
static bool is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

enum ww_switch ww_switch_parse(const char *text)
{
    static const char *const yes[] = {"true", "yes", "on", "y"};
    static const char *const no[] = {"false", "no", "off", "n"};
    static const char space[] = " \t\r\n";
    if (!text)
        return WW_SWITCH_UNSET;
    text += strspn(text, space);
    size_t len = strlen(text);
    while (len && strchr(space, text[len - 1]))
        len--;
    if (!len)
        return WW_SWITCH_UNSET;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (is_word(text, len, yes[i]))
            return WW_SWITCH_ON;
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (is_word(text, len, no[i]))
            return WW_SWITCH_OFF;
    return WW_SWITCH_BAD;
}

enum ww_managed ww_container_managed(const struct ww_container *c)
{
    if (c->decided != WW_DECIDED_BY_LABEL)
        return c->decided == WW_DECIDED_YES ? WW_MANAGED : WW_UNMANAGED;
    switch (ww_switch_parse(c->label_enabled)) {
    case WW_SWITCH_ON:
        return WW_MANAGED;
    case WW_SWITCH_BAD:
        return WW_MANAGED_BAD;
    default:
        return WW_UNMANAGED;
    }
}

const char *ww_container_netns_of(const struct ww_container *c)
{
    size_t len = sizeof(share_prefix) - 1;
    if (!c->network_mode || strncmp(c->network_mode, share_prefix, len) != 0 || !c->network_mode[len])
        return NULL;
    return c->network_mode + len;
}

bool ww_container_is_up(const struct ww_container *c)
{
    return c->state == WW_RUNNING || c->state == WW_PAUSED || c->state == WW_RESTARTING;
}
