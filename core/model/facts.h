/*
 * The facts of one container: all that its rules are a function of. Text form and struct hold the same; its hash is the
 * key of the cache of compiled rules.
 */
#ifndef WW_MODEL_FACTS_H
#define WW_MODEL_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/model/world.h"

/* A network by its names. Borrowed from the world. */
struct ww_facts_network {
    const char *id;
    const char *name;
    const char *project;         /* NULL outside compose */
    const char *compose_network; /* NULL outside compose */
    bool default_bridge;
    const char *unenforceable;       /* its driver, where the host cannot filter its packets; NULL: it can */
    const struct ww_labels *labels;  /* NULL: none that a policy reads */
    const struct ww_subnet *subnets; /* for site policies only */
    size_t n_subnets;
};

/* A label of the container. */
struct ww_facts_label {
    const char *key;
    const char *value;
    bool from_image; /* the image's own; also while that is not known, as it may be */
};

struct ww_facts_endpoint {
    struct ww_facts_network network;
    struct ww_endpoint_addrs addrs;
};

/*
 * A container that goes by a name that the rules mention. Where the container's own compose project has a service of
 * that name, other projects' services of the same name are not meant, and left out.
 */
struct ww_facts_target {
    const char *id;
    const char *name;
    const char *project;
    const char *service;
    const char *swarm_service;
    struct ww_facts_endpoint *endpoints; /* owned; of the namespace it lives in; in the order of network ids */
    size_t n_endpoints;
    const struct ww_publish *published; /* of the namespace it lives in */
    size_t n_published;
};

/* Arrays are owned, strings borrowed from the world: facts must not outlive the next change of it. */
struct ww_facts {
    const char *id;
    const char *name;
    const char *project;
    const char *service;
    const char *label_rules; /* NULL: missing, or ignored because it is the image's own */
    bool rules_from_image;   /* it was ignored for that reason; false while the image was not asked for yet */
    struct ww_facts_endpoint *endpoints;
    size_t n_endpoints;
    struct ww_addr *broadcasts; /* of the IPv4 subnets of the networks that it is on; sorted */
    size_t n_broadcasts;
    const struct ww_publish *published;
    size_t n_published;
    struct ww_facts_network *networks; /* those that a mentioned name may mean, also ones it is not on; by id */
    size_t n_networks;
    struct ww_facts_target *targets; /* by id; may contain the container itself */
    size_t n_targets;

    /* For site policies, as far as they read it. */
    unsigned reads;    /* enum ww_reads */
    bool opted_in;     /* its label says that it is managed */
    const char *image; /* its name, NULL: not known */
    struct ww_facts_label *labels;
    size_t n_labels;
};

/*
 * Collect the facts of container `id`, whose rules mention `names`. trust_image: use labels that come from the image,
 * too. Whose endpoints: those of the container whose namespace it shares, if it shares one. -ENOENT: no such container.
 * -ENOMEM.
 */
int ww_facts_collect(const struct ww_world *w, const char *id, const char *const *names, size_t n_names,
                     bool trust_image, struct ww_facts *ret_facts, struct ww_error *err);
void ww_facts_done(struct ww_facts *facts);

/* Are the container's `whalewall.rules` the image's own, which must not open anything? Yes, when in doubt: not asked
 * yet, gone, or no image named. */
bool ww_facts_is_images_own(const struct ww_world *w, const struct ww_container *c);

/* Append the canonical text of everything in it. */
void ww_facts_write(const struct ww_facts *facts, struct ww_buf *out);

#endif
