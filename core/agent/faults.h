/* Faults that only the kernel could tell: a missing user chain, a refused rule. By container id; such a container is
 * quarantined. */
#ifndef WW_AGENT_FAULTS_H
#define WW_AGENT_FAULTS_H

#include <stddef.h>
#include <uthash.h>

#include "core/base/error.h"

struct ww_fault {
    char *id;
    char *text;
    UT_hash_handle hh;
};

/* All zero is empty. */
struct ww_faults {
    struct ww_fault *by_id;
};

int ww_faults_set(struct ww_faults *faults, const char *id, const char *text, struct ww_error *err); /* -ENOMEM */
void ww_faults_remove(struct ww_faults *faults, const char *id);
const char *ww_faults_get(const struct ww_faults *faults, const char *id); /* borrowed; NULL if there is none */
void ww_faults_done(struct ww_faults *faults);

#endif
