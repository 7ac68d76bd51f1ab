#include "core/agent/faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/keyed.h"

static struct ww_fault *find_fault(const struct ww_faults *faults, const char *id)
{
    struct ww_fault *fault;
    HASH_FIND_STR(faults->by_id, id, fault);
    return fault;
}

static void drop(struct ww_faults *faults, struct ww_fault *fault)
{
    free(fault->text);
    ww_keyed_drop(faults->by_id, fault, id);
}

int ww_faults_set(struct ww_faults *faults, const char *id, const char *text, struct ww_error *err)
{
    char *copy = strdup(text);
    struct ww_fault *fault = find_fault(faults, id);
    if (copy && !fault)
        ww_keyed_add(faults->by_id, fault, id, id);
    if (!copy || !fault) {
        free(copy);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    free(fault->text);
    fault->text = copy;
    return 0;
}

void ww_faults_remove(struct ww_faults *faults, const char *id)
{
    struct ww_fault *fault = find_fault(faults, id);
    if (fault)
        drop(faults, fault);
}

const char *ww_faults_get(const struct ww_faults *faults, const char *id)
{
    const struct ww_fault *fault = find_fault(faults, id);
    return fault ? fault->text : NULL;
}

void ww_faults_done(struct ww_faults *faults)
{
    struct ww_fault *fault, *next;
    HASH_ITER (hh, faults->by_id, fault, next) {
        drop(faults, fault);
    }
}
