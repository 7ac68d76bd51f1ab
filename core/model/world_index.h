/*
 * A map from text to a set of containers or networks, in several kinds: what lets a change find those that it concerns,
 * without a look at the rest. Private to the world.
 */
#ifndef WW_MODEL_WORLD_INDEX_H
#define WW_MODEL_WORLD_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

/* What a key says about the containers (CT_) or networks (NET_) that are found under it. */
enum ww_index_kind {
    CT_NAMED,      /* it has this name, or is of this swarm service */
    CT_SERVICE,    /* it is of the compose service of this name, in whichever project */
    CT_SERVES,     /* it is of this compose project and service (two texts) */
    CT_IMAGE,      /* it was made from this image */
    CT_SHARES,     /* it shares the namespace of the container with this id or name */
    CT_CONFIGURED, /* it is configured for the network of this name */
    CT_MENTIONS,   /* its rules mention this name */
    CT_CLIENTS,    /* it is of this compose project (or of none), and its rules mention this name (two texts) */
    CT_WANTS_NET,  /* its rules mention what may be the network of this name */
    NET_NAMED,
    NET_LABELLED, /* compose project and network (two texts) */
    NET_ATTACHED, /* the container with this id has an endpoint on it */
    INDEX_KINDS,
};

struct ww_bucket;

/* Something that the index can hold; the first field of what it stands for. */
struct ww_member {
    const char *id;
    struct ww_bucket **in; /* owned by the index: the buckets it is in, by address */
    size_t n_in;
};

/* In the order of ids. */
struct ww_members {
    struct ww_member **items;
    size_t n;
    size_t cap;
};

struct ww_index {
    struct ww_bucket *buckets[INDEX_KINDS];
};

/* The keys under which one member is to be found: kind, text and NUL, one after the other. */
struct ww_keys {
    struct ww_buf text;
    size_t n;
};

void ww_keys_add(struct ww_keys *keys, enum ww_index_kind kind, const char *text); /* text NULL: nothing */
/* The key of two texts; nothing when one is NULL. */
void ww_keys_add2(struct ww_keys *keys, enum ww_index_kind kind, const char *a, const char *b);
/* CT_MENTIONS and CT_CLIENTS. */
void ww_keys_add_mention(struct ww_keys *keys, const char *project, const char *name);
void ww_keys_done(struct ww_keys *keys);

/* Write the key of two texts as ww_keys_add2 does; it cannot be that of two others. */
void ww_index_key2(struct ww_buf *out, const char *a, const char *b);

/* Let the member be found under these keys only. -ENOMEM: as before. */
int ww_index_set(struct ww_index *index, struct ww_member *member, const struct ww_keys *keys);
void ww_index_drop(struct ww_index *index, struct ww_member *member);

/* One key more, or less, besides those. Joining twice is joining once. -ENOMEM. */
int ww_index_join(struct ww_index *index, enum ww_index_kind kind, const char *text, struct ww_member *member);
void ww_index_leave(struct ww_index *index, enum ww_index_kind kind, const char *text, const struct ww_member *member);

/*
 * Call fn with those clients of a name, project by project, whose own project has no service of that name: to which it
 * may matter that another project has. The rest is not looked at.
 */
void ww_index_each_unserved(const struct ww_index *index, const char *name,
                            void (*fn)(const struct ww_members *clients, void *arg), void *arg);

/* The members under the key (NULL: none). Never NULL; valid until the index changes. */
const struct ww_members *ww_index_find(const struct ww_index *index, enum ww_index_kind kind, const char *text);

/* -ENOMEM. Adding one that is in, removing one that is not: no-ops. */
int ww_members_add(struct ww_members *set, struct ww_member *member);
void ww_members_remove(struct ww_members *set, const struct ww_member *member);
void ww_members_done(struct ww_members *set);

#endif
