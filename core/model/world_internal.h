/* What the files of the world share. Private to the model. */
#ifndef WW_MODEL_WORLD_INTERNAL_H
#define WW_MODEL_WORLD_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "core/model/world.h"
#include "core/model/world_index.h"

/* A container; or, with `c` NULL, the id of one that is gone or not known, kept while it is dirty. */
struct ww_node {
    struct ww_member member; /* first: the index hands out members */
    UT_hash_handle hh;
    char *id;
    struct ww_container *c;
    char **mentions; /* sorted, without doubles */
    size_t n_mentions;
    bool dirty;
    struct ww_node *next_dirty;
    bool starting;
    struct ww_node *prev; /* among the starts */
    struct ww_node *next;
    bool told;
    struct ww_node *prev_told; /* among those of which an answer said which process they have */
    struct ww_node *next_told;
    uint64_t listed; /* the last full list that had it */
};

struct ww_net {
    struct ww_member member; /* first */
    UT_hash_handle hh;
    struct ww_network *n;
    uint64_t listed;
    bool awaited; /* dirty with the next answer */
};

/* The id of a network to look at again. */
struct ww_net_mark {
    UT_hash_handle hh;
    char id[];
};

struct ww_image {
    UT_hash_handle hh;
    char *id;
    char *label;
    char *audit;             /* its `whalewall.audit`; NULL: none */
    struct ww_labels labels; /* all of them, while they are kept */
    bool labelled;           /* … and told */
    bool known;
};

struct ww_world {
    struct ww_node *nodes;        /* by id */
    struct ww_net *nets;          /* by id */
    struct ww_image *images;      /* by id */
    struct ww_members containers; /* those that are known, in order */
    struct ww_members networks;   /* in order */
    struct ww_index index;
    struct ww_node *dirty;
    size_t n_dirty;
    struct ww_node *starts;
    struct ww_node *told;
    int64_t dirty_since;
    struct ww_net_mark *dirty_networks; /* by id */
    bool networks_lost;                 /* out of memory: all of them are dirty */
    unsigned keeps;                     /* enum ww_reads */
    uint64_t lists;                     /* full lists so far */
    struct ww_services services;
    bool services_changed;
};

/* NULL when it is not known; a node without container counts as not known. */
struct ww_node *ww_world_node(const struct ww_world *w, const char *id);

/* As ww_world_node, also one that only is dirty. ww_world_node_make makes one; NULL when out of memory. */
struct ww_node *ww_world_node_any(const struct ww_world *w, const char *id);
struct ww_node *ww_world_node_make(struct ww_world *w, const char *id);
/* Forget a node that stands for nothing any more: no container, not dirty. */
void ww_world_node_prune(struct ww_world *w, struct ww_node *node);
void ww_world_node_free(struct ww_node *node);

/* Under which keys a container (network) is found; without its attachments. */
void ww_world_container_keys(const struct ww_container *c, char *const *mentions, size_t n, struct ww_keys *keys);
void ww_world_network_keys(const struct ww_network *n, struct ww_keys *keys);

/* The container of that id, or of that exact name. NULL: unknown. */
struct ww_node *ww_world_resolve(const struct ww_world *w, const char *id_or_name);

/* Dirty are: this container and all that live in the same namespace; `seen`: and those that mention one of them. */
void ww_world_touch(struct ww_world *w, const char *id, bool seen);
/* Dirty are all that a new, gone, or differently called network concerns. */
void ww_world_touch_network(struct ww_world *w, const struct ww_network *n);
/* … and all whose endpoint is not the same in both. */
void ww_world_touch_endpoints(struct ww_world *w, const struct ww_network *before, const struct ww_network *after);
void ww_world_mark(struct ww_world *w, struct ww_node *node);
/* The networks that the container is on, or configured for. */
void ww_world_mark_networks_of(struct ww_world *w, const struct ww_node *node);
void ww_world_free_network_marks(struct ww_world *w);
void ww_world_mark_members(struct ww_world *w, const struct ww_members *members);

/*
 * Let the network be found by the containers that are attached to it `after` and were not `before`; detach: not by
 * those that are not any more. Either answer may be NULL: it has none. attach: -ENOMEM, and all is as before.
 */
int ww_world_attach(struct ww_world *w, struct ww_net *net, const struct ww_network *before,
                    const struct ww_network *after);
void ww_world_detach(struct ww_world *w, struct ww_net *net, const struct ww_network *before,
                     const struct ww_network *after);

/* The node has an answer, and had `before` (NULL: none): queue its start if that one did not have it. An answer that
 * does not say when it was started leaves what was known, while the container is up. */
void ww_world_note_start(struct ww_world *w, struct ww_node *node, const struct ww_container *before);
/* Take over what an answer that is equal otherwise says of the start. */
void ww_world_update_start(struct ww_world *w, struct ww_node *node, const struct ww_container *answer);
void ww_world_drop_start(struct ww_world *w, struct ww_node *node);

/* Without the slash that the engine writes before a container's name. */
const char *ww_world_bare_name(const char *name);

/* Of an answer that is put in: drop what no policy reads. `before` (NULL: none) is the container's last answer. */
void ww_world_trim_container(const struct ww_world *w, struct ww_container *c, const struct ww_container *before);
void ww_world_trim_network(const struct ww_world *w, struct ww_network *n);

/* Forget an image that no container is made from. */
void ww_world_prune_image(struct ww_world *w, const char *image_id);
void ww_world_free_images(struct ww_world *w);

#endif
