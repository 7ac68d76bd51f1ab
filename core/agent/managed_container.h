/* What the policy made of each managed container, and which of them open which. */
#ifndef WW_AGENT_MANAGED_CONTAINER_H
#define WW_AGENT_MANAGED_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/ir/compiled.h"

/* One managed container. Faulty labels leave `compiled` empty and `fault` set: it is then quarantined. */
struct ww_managed_container {
    char *id;
    char *head;            /* id of the container whose endpoints it has: itself, or the owner of its namespace */
    char key[WW_HASH_HEX]; /* of the facts that `compiled` was made of; "" after a fault */
    struct ww_compiled compiled;
    char *fault;         /* why it is quarantined, NULL if it is not */
    bool audited;        /* its label, or -audit, says so */
    bool said_audited;   /* and the log has, … */
    char *said_fault;    /* what the log said last: of the fault, … */
    char *said_networks; /* … of networks where it cannot be enforced, … */
    char *said_notes;    /* … and (the hash of it) of its rules; NULL: nothing yet */
    int64_t waits_since; /* since when rules of it have waited while it runs (ww_clock_mono()), or 0 */
    bool waits_told;     /* … so long that the log has said so */
    UT_hash_handle hh;
};

struct ww_opened; /* those whose rules open one target */

struct ww_managed_containers {
    struct ww_managed_container *by_id;
    struct ww_opened *by_target;
    size_t texts; /* bytes of what is said of all their rules (ww_compiled_texts) */
};

void ww_managed_containers_done(struct ww_managed_containers *all);

struct ww_managed_container *ww_managed_container_find(const struct ww_managed_containers *all,
                                                       const char *id); /* NULL if there is none */
int ww_managed_container_make(struct ww_managed_containers *all, const char *id,
                              struct ww_managed_container **ret_managed, struct ww_error *err);
void ww_managed_container_remove(struct ww_managed_containers *all, struct ww_managed_container *s);

/*
 * Replace what it compiled to; takes *compiled over (also on failure) and keeps the index of openers true. What is said
 * of rules is shortened where it is more than WW_LIMIT_TEXTS, or with that of others WW_LIMIT_ALL_TEXTS. -ENOMEM.
 */
int ww_managed_container_set_compiled(struct ww_managed_containers *all, struct ww_managed_container *s,
                                      struct ww_compiled *compiled, struct ww_error *err);

/* Set (a copy of) why it is quarantined; NULL: it is not. -ENOMEM. */
int ww_managed_container_set_fault(struct ww_managed_container *s, const char *fault, struct ww_error *err);

/* Each managed container whose rules open `target`; stops at the first result that is not 0, and returns it. */
int ww_managed_container_each_opener(const struct ww_managed_containers *all, const char *target,
                                     int (*fn)(const struct ww_managed_container *s, void *arg), void *arg);

#endif
