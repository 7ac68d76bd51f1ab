#include "helper_live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/agent/loop.h"
#include "core/agent/port_binding_fault.h"
#include "core/agent/port_bindings.h"
#include "core/agent/reconcile.h"
#include "core/agent/scrape.h"
#include "helper_agent.h"
#include "spec/unit/kernel/helper_netns.h"

void live_list_again(struct ww_agent *a)
{
    ++*(uint64_t *)a->source;
}

int live_open(void **state)
{
    struct ww_agent *a = calloc(1, sizeof(*a));
    struct ww_error err = {0};
    assert_non_null(a);
    if (!helper_netns_enter())
        fail_msg("this test needs root: it works in a network namespace of its own");
    a->policy.ops = &helper_policy;
    a->trust_image_labels = true;
    a->world = ww_world_new();
    a->desired = ww_plan_new();
    a->applied = ww_plan_new();
    a->fences = ww_fences_new();
    a->fences_applied = ww_fences_new();
    a->resync = true;
    a->source = calloc(5, sizeof(uint64_t)); /* see helper_source.c */
    assert_non_null(a->source);
    live_list_again(a);
    assert_int_equal(ww_store_open("/proc/no/such/folder", &a->store, &err), 0); /* in memory */
    if (ww_loop_new(a, &a->loop, &err) < 0 || ww_kernel_new(&a->kernel, &err) < 0)
        fail_msg("%s", err.text);
    ww_kernel_share_table(a->kernel, true);
    helper_put(a, "web", "net", "opens db");
    helper_put(a, "db", "net", "none");
    helper_attach(a, (const char *[]){"db", "web", NULL});
    ww_reconcile(a);
    *state = a;
    return 0;
}

int live_close(void **state)
{
    struct ww_agent *a = *state;
    ww_loop_free(a->loop);
    ww_scraping_free(a->scraping);
    free(a->source);
    ww_ct_scans_done(a);
    ww_managed_containers_done(&a->managed);
    ww_faults_done(&a->faults);
    ww_said_done(&a->said);
    ww_idset_done(&a->pending);
    ww_idset_done(&a->unapplied);
    ww_idset_done(&a->unfenced);
    ww_idset_done(&a->deferred);
    ww_idset_done(&a->troubled);
    ww_start_latencies_done(&a->start_latencies);
    ww_plan_free(a->desired);
    ww_plan_free(a->applied);
    ww_fences_free(a->fences);
    ww_fences_free(a->fences_applied);
    ww_guard_leases_done(&a->guard.leases);
    ww_kernel_free(a->kernel);
    ww_ports_free(a->ports);
    ww_port_bindings_done(&a->port_binding_faults);
    ww_store_close(a->store);
    ww_world_free(a->world);
    free(a);
    return 0;
}

int live_open_bridge(void **state)
{
    int rc = live_open(state);
    struct ww_agent *a = *state;
    helper_run("ip link add br-net type bridge && ip link set br-net up");
    ww_port_bindings_open(a);
    assert_non_null(a->ports);
    return rc;
}

void live_start_anew(struct ww_agent *a, bool keep_rules)
{
    struct ww_error err = {0};
    ww_ports_free(a->ports);
    a->ports = NULL;
    ww_port_bindings_done(&a->port_binding_faults);
    ww_fences_free(a->fences);
    a->fences = ww_fences_new();
    if (!keep_rules)
        helper_run("nft delete table bridge whalewall 2>/dev/null || true");
    a->resync = true;
    assert_int_equal(ww_kernel_adopt(a->kernel, NULL, &err), 0);
    ww_port_bindings_open(a);
    assert_non_null(a->ports);
}
