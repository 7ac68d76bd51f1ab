#include "core/agent/faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void fault_free(struct ww_fault *fault)
{
    if (!fault)
        return;
    free(fault->id);
    free(fault->text);
    free(fault);
}

int ww_faults_set(struct ww_faults *faults, const char *id, const char *text, struct ww_error *err)
{
    struct ww_fault *fault = calloc(1, sizeof(*fault));
    if (fault) {
        fault->id = strdup(id);
        fault->text = strdup(text);
    }
    if (fault && fault->id && fault->text) {
        ww_faults_remove(faults, id);
        HASH_ADD_KEYPTR(hh, faults->by_id, fault->id, strlen(fault->id), fault);
    }
    if (fault && fault->hh.tbl)
        return 0;
    fault_free(fault);
    return ww_fail(err, -ENOMEM, "out of memory");
}

void ww_faults_remove(struct ww_faults *faults, const char *id)
{
    struct ww_fault *fault;
    HASH_FIND_STR(faults->by_id, id, fault);
    if (!fault)
        return;
    HASH_DEL(faults->by_id, fault);
    fault_free(fault);
}

const char *ww_faults_get(const struct ww_faults *faults, const char *id)
{
    struct ww_fault *fault;
    HASH_FIND_STR(faults->by_id, id, fault);
    return fault ? fault->text : NULL;
}

void ww_faults_done(struct ww_faults *faults)
{
    struct ww_fault *fault, *next;
    HASH_ITER (hh, faults->by_id, fault, next) {
        HASH_DEL(faults->by_id, fault);
        fault_free(fault);
    }
}
