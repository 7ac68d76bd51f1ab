/*
 * The world: all containers, networks and endpoints, as the engine's last answers describe them.
 *
 * Each datum has one source: containers come from container answers (list, inspect), endpoints from network answers. So
 * the order in which answers arrive does not matter. Whatever changes marks the containers dirty whose rules may depend
 * on it.
 */
#ifndef WW_MODEL_WORLD_H
#define WW_MODEL_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/container.h"
#include "core/model/network.h"
#include "core/model/service.h"

struct ww_world;

struct ww_world *ww_world_new(void); /* NULL when out of memory */
void ww_world_free(struct ww_world *w);

/* What site policies read, beyond what rules are made of: only that is kept of answers, and collected as facts. */
enum ww_reads {
    WW_READS_FACTS = 1,          /* there are policies: whether the container's own label opts in */
    WW_READS_LABELS = 2,         /* all labels of containers, and which of them are the image's own */
    WW_READS_IMAGE = 4,          /* the name of the image */
    WW_READS_NETWORK_LABELS = 8, /* of the networks that a container is on */
};

/* From the next answers on. */
void ww_world_set_reads(struct ww_world *w, unsigned reads);
unsigned ww_world_reads(const struct ww_world *w);

/* Put an answer in. Takes ownership, also on failure (-ENOMEM). An answer equal to what is known changes
 * nothing, but for when it was told. */
int ww_world_put_container(struct ww_world *w, struct ww_container *c, struct ww_error *err);
int ww_world_put_network(struct ww_world *w, struct ww_network *n, struct ww_error *err);
void ww_world_remove_container(struct ww_world *w, const char *id);
void ww_world_remove_network(struct ww_world *w, const char *id);

/* What an image's own `whalewall.rules` and `whalewall.audit` say: NULL none. known false: the image is gone. -ENOMEM.
 */
int ww_world_put_image(struct ww_world *w, const char *image_id, const char *label_rules, const char *label_audit,
                       bool known, struct ww_error *err);
/* -ENOENT when the image was not asked for yet; else 0, and *ret_label (NULL: none) and *ret_known. Borrowed. */
int ww_world_image(const struct ww_world *w, const char *image_id, const char **ret_label, bool *ret_known);

/*
 * What of the container's `whalewall.audit` counts. One that opens, or cannot be read, is unset where it is the image's
 * own. One that closes counts whoever wrote it; as long as the image is not known, so does one that cannot be read, and
 * one that opens is unset.
 */
enum ww_switch ww_world_audit_switch(const struct ww_world *w, const struct ww_container *c);

/* All services of the swarm with labels that look like ours; takes *services over. They are borrowed until the next. */
void ww_world_put_services(struct ww_world *w, struct ww_services *services);
const struct ww_services *ww_world_services(const struct ww_world *w);
/* Have they changed since this was asked last? */
bool ww_world_take_services_changed(struct ww_world *w);
/* All labels of an image that is known already, and is asked for as its rules are. Takes them over. Nothing where they
 * are not kept. -ENOMEM never. */
void ww_world_put_image_labels(struct ww_world *w, const char *image_id, struct ww_labels *labels);
const struct ww_labels *ww_world_image_labels(const struct ww_world *w, const char *image_id); /* NULL: not known */

/* What site policies decided of a container. Its networks are to be looked at again where that is new. */
void ww_world_decide(struct ww_world *w, const char *id, enum ww_decision decision);

/* After a full list: drop every container (network) whose id is not among these n. */
void ww_world_retain_containers(struct ww_world *w, const char *const *ids, size_t n);
void ww_world_retain_networks(struct ww_world *w, const char *const *ids, size_t n);

/* Look-ups. Borrowed; NULL if there is none. */
const struct ww_container *ww_world_container(const struct ww_world *w, const char *id);
const struct ww_container *ww_world_container_by_name(const struct ww_world *w, const char *name);
const struct ww_network *ww_world_network(const struct ww_world *w, const char *id);
const struct ww_network *ww_world_network_by_name(const struct ww_world *w, const char *name);
size_t ww_world_count(const struct ww_world *w); /* containers */

/* In the order of ids; stops at the first result that is not 0, and returns it. */
int ww_world_each_container(const struct ww_world *w, int (*fn)(const struct ww_container *c, void *arg), void *arg);
int ww_world_each_network(const struct ww_world *w, int (*fn)(const struct ww_network *n, void *arg), void *arg);

/* Each attachment of a container (by its own id, not that of a namespace it shares), in the order of network ids. */
int ww_world_each_endpoint(const struct ww_world *w, const char *container_id,
                           int (*fn)(const struct ww_network *n, const struct ww_endpoint *e, void *arg), void *arg);

/* Each container that is configured for the network, running or not, by the network's name or id. */
int ww_world_each_configured(const struct ww_world *w, const struct ww_network *n,
                             int (*fn)(const struct ww_container *c, void *arg), void *arg);

/* Each container that goes by `name`: container name, compose service, or swarm service, in the order of ids. O(1) to
 * find. */
int ww_world_each_named(const struct ww_world *w, const char *name, int (*fn)(const struct ww_container *c, void *arg),
                        void *arg);

/*
 * The id of the container whose network namespace this one lives in in the end: its own, or that of the one it shares,
 * also through others; what its network mode says (an id or a name), where that container is unknown. Borrowed.
 */
const char *ww_world_home(const struct ww_world *w, const char *id);

/* Each container that shares this one's network namespace, in the order of ids. */
int ww_world_each_sharer(const struct ww_world *w, const char *id, int (*fn)(const struct ww_container *c, void *arg),
                         void *arg);

/* Which names (of containers, services, networks) a container's rules mention: when one of them changes, it gets dirty.
 * -ENOMEM. */
int ww_world_set_mentions(struct ww_world *w, const char *id, const char *const *names, size_t n, struct ww_error *err);

/*
 * Starts: containers of which an answer said for the first time when they were started. That makes nothing dirty. The
 * next one's id, valid until the world changes; NULL: no more.
 */
const char *ww_world_next_start(struct ww_world *w);

/*
 * Containers of which an answer said which process they have, or that they have none, each once. That makes nothing
 * dirty, unless something else changed. As ww_world_next_start.
 */
const char *ww_world_next_told(struct ww_world *w);

/*
 * Dirty containers: those to look at again, also ones that are gone. take returns the ids (the caller frees the array
 * and each id) and empties the list; *ret_since is the ww_clock_mono() of the oldest change. 0 or -ENOMEM.
 */
bool ww_world_is_dirty(const struct ww_world *w);
int ww_world_take_dirty(struct ww_world *w, char ***ret_ids, size_t *ret_n, int64_t *ret_since, struct ww_error *err);
int ww_world_mark_dirty(struct ww_world *w, const char *id);
int ww_world_mark_all_dirty(struct ww_world *w);

/*
 * Dirty networks: those that changed, or that a container which changed is (or was) on or configured for; also ones
 * that are gone. As with containers, but in no order.
 */
bool ww_world_has_dirty_networks(const struct ww_world *w);
int ww_world_take_dirty_networks(struct ww_world *w, char ***ret_ids, size_t *ret_n, struct ww_error *err);
int ww_world_mark_network_dirty(struct ww_world *w, const char *id);
/* Mark it dirty with its next answer, also if that is equal to what is known. */
void ww_world_await_network(struct ww_world *w, const char *id);

#endif
