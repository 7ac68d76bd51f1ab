#include "core/agent/fencing.h"

#include <stdlib.h>

#include "core/agent/agent_internal.h"
#include "core/agent/apart.h"
#include "core/agent/guard.h"
#include "core/agent/host_fence.h"
#include "core/agent/idset.h"
#include "core/agent/network_bypass.h"
#include "core/agent/port_binding_find.h"
#include "core/agent/port_bindings.h"
#include "core/agent/report.h"
#include "core/agent/timers.h"

#define RETRY_MS 100

void ww_fencing_follow(struct ww_agent *a)
{
    struct ww_error err = {0};
    char **ids = NULL;
    size_t n = 0;
    ww_port_bindings_look(a);
    ww_guard_bystanders(a);
    if (a->look_apart) {
        ww_apart_look(a);
        ww_host_fence_look(a);
    }
    a->look_apart = false;
    if (ww_world_take_dirty_networks(a->world, &ids, &n, &err) < 0) {
        ww_log(a->log, WW_ERROR, "cannot see which networks changed; trying again", WW_S("error", err.text));
        ww_timers_set(a->timers, WW_TIMER_RETRY, RETRY_MS);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ww_report_network_strays(a, ids[i]);
        ww_network_bypass_report(a, ids[i]);
        int rc = ww_idset_add(&a->unfenced, ids[i], &err);
        if (rc == 0)
            rc = ww_guard_network(a, ids[i], &err);
        if (rc == 0)
            continue;
        ww_log(a->log, WW_ERROR, "cannot see which endpoints may talk on a network; trying again",
               WW_S("network", ids[i]), WW_S("error", err.text));
        ww_world_mark_network_dirty(a->world, ids[i]);
        ww_timers_set(a->timers, WW_TIMER_RETRY, RETRY_MS);
    }
    for (size_t i = 0; i < n; i++)
        free(ids[i]);
    free(ids);
}
