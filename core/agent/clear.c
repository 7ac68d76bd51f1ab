#include "core/agent/clear.h"

#include <errno.h>

#include "core/agent/agent_internal.h"

/* Or the next start would put the last known rules back. */
static int forget_applied(struct ww_agent *a, struct ww_error *err)
{
    struct ww_diff diff = {0};
    struct ww_plan *nothing = ww_plan_new();
    int rc = nothing ? ww_plan_diff(a->applied, nothing, NULL, 0, &diff, err) : ww_fail(err, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = ww_store_save_diff(a->store, &diff, err);
    ww_diff_done(&diff);
    ww_plan_free(nothing);
    return rc;
}

static int forget_guard(struct ww_agent *a, struct ww_error *err)
{
    struct ww_fence_diff diff = {0};
    struct ww_fences *nothing = ww_fences_new();
    int rc = nothing ? ww_fences_diff(a->fences_applied, nothing, NULL, 0, &diff, err)
                     : ww_fail(err, -ENOMEM, "out of memory");
    if (rc == 0)
        rc = ww_store_save_fences(a->store, &diff, err);
    ww_fence_diff_done(&diff);
    ww_fences_free(nothing);
    return rc;
}

int ww_agent_clear(struct ww_agent *a, struct ww_error *err)
{
    struct ww_error store_err = {0};
    int removed = ww_kernel_clear(a->kernel, err);
    if (removed < 0)
        return removed;
    a->cleared = true;
    ww_log(a->log, WW_INFO, "rules removed as asked for, containers are no longer restricted; stopping",
           WW_EVENT("cleared"), WW_I("objects", removed));
    if (forget_applied(a, &store_err) < 0 || forget_guard(a, &store_err) < 0)
        ww_log(a->log, WW_WARN, "the remembered rules could not be forgotten", WW_S("error", store_err.text));
    return removed;
}
