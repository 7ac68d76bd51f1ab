#include "core/model/facts_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Closed when in doubt: what may be the image's own counts as such. */
static bool is_images_own(const struct ww_labels *image, const struct ww_label *label)
{
    const char *own = image ? ww_labels_get(image, label->key) : NULL;
    return !image || (own && strcmp(own, label->value) == 0);
}

static int collect_labels(const struct ww_world *w, const struct ww_container *c, bool trust_image,
                          struct ww_facts *facts)
{
    const struct ww_labels *image = c->image_id ? ww_world_image_labels(w, c->image_id) : NULL;
    if (!c->labels.n)
        return 0;
    facts->labels = calloc(c->labels.n, sizeof(*facts->labels));
    if (!facts->labels)
        return -ENOMEM;
    for (size_t i = 0; i < c->labels.n; i++) {
        const struct ww_label *label = &c->labels.items[i];
        facts->labels[facts->n_labels++] = (struct ww_facts_label){
            .key = label->key, .value = label->value, .from_image = !trust_image && is_images_own(image, label)};
    }
    return 0;
}

int ww_facts_collect_read(const struct ww_world *w, const struct ww_container *c, bool trust_image,
                          struct ww_facts *facts)
{
    facts->reads = ww_world_reads(w);
    if (!facts->reads)
        return 0;
    facts->opted_in = ww_switch_parse(c->label_enabled) == WW_SWITCH_ON;
    facts->image = facts->reads & WW_READS_IMAGE ? c->image : NULL;
    for (size_t i = 0; i < facts->n_endpoints; i++) {
        struct ww_facts_network *network = &facts->endpoints[i].network;
        const struct ww_network *n = ww_world_network(w, network->id);
        network->subnets = n ? n->subnets : NULL;
        network->n_subnets = n ? n->n_subnets : 0;
        network->labels = n && facts->reads & WW_READS_NETWORK_LABELS ? &n->labels : NULL;
    }
    return facts->reads & WW_READS_LABELS ? collect_labels(w, c, trust_image, facts) : 0;
}
