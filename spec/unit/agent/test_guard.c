/* Which networks are guarded, and until when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/reconcile.h"
#include "helper_agent.h"
#include "helper_live.h"
#include "spec/unit/kernel/helper_netns.h"

static bool guarded(const struct ww_agent *a)
{
    const struct ww_fence *f = ww_fences_get(a->fences, "net");
    return f && f->guarded;
}

static void scan_again(struct ww_agent *a)
{
    assert_int_equal(ww_world_mark_network_dirty(a->world, "net"), 0);
    ww_reconcile(a);
}

static void remove_all(struct ww_agent *a)
{
    ww_world_remove_container(a->world, "web");
    ww_world_remove_container(a->world, "db");
    helper_attach(a, (const char *[]){NULL});
    ww_reconcile(a);
}

/* The next container there may be managed, and the program may be away then. */
static void a_guarded_network_stays_so_without_its_last_managed_container(void **state)
{
    struct ww_agent *a = *state;
    assert_int_equal(ww_guard_state(a, ww_world_network(a->world, "net")), WW_GUARDED_AUTO);
    remove_all(a);
    assert_int_equal(ww_plan_count(a->desired), 0);
    assert_int_equal(ww_guard_state(a, ww_world_network(a->world, "net")), WW_GUARDED_KEPT);
    assert_true(guarded(a));
    scan_again(a);
    assert_true(guarded(a));
}

static void it_ends_with_the_network(void **state)
{
    struct ww_agent *a = *state;
    remove_all(a);
    ww_world_remove_network(a->world, "net");
    ww_reconcile(a);
    assert_false(guarded(a));
    helper_attach(a, (const char *[]){NULL});
    ww_reconcile(a);
    assert_false(guarded(a)); /* another one of that name is another network */
}

static void it_ends_with_the_option(void **state)
{
    struct ww_agent *a = *state;
    remove_all(a);
    a->guard.mode = WW_GUARD_OFF;
    scan_again(a);
    assert_false(guarded(a));
    a->guard.mode = WW_GUARD_AUTO;
    scan_again(a);
    assert_false(guarded(a));
}

static void a_network_of_unmanaged_containers_is_not_guarded(void **state)
{
    struct ww_agent *a = *state;
    helper_put(a, "x", "other", NULL);
    helper_attach_at(a, "other", "x", "198.51.100.9");
    ww_reconcile(a);
    assert_int_equal(ww_guard_state(a, ww_world_network(a->world, "other")), WW_UNGUARDED);
}

static unsigned hosts_in_kernel(const char *address)
{
    char *text = helper_output("nft list table inet whalewall | grep -o 'elements = {[^}]*}'; true");
    unsigned n = strstr(text, address) != NULL;
    free(text);
    return n;
}

static void the_hosts_addresses_go_with_the_last_managed_container(void **state)
{
    struct ww_agent *a = *state;
    helper_run("ip link set lo up; ip addr add 192.0.2.77/32 dev lo");
    a->look_apart = true;
    ww_reconcile(a);
    assert_non_null(ww_fences_get(a->fences, "host"));
    assert_int_equal(hosts_in_kernel("192.0.2.77"), 1);
    remove_all(a);
    assert_null(ww_fences_get(a->fences, "host"));
    assert_null(ww_fences_get(a->fences_applied, "host"));
    assert_int_equal(hosts_in_kernel("192.0.2.77"), 0);
    helper_put(a, "web", "net", "none");
    helper_attach(a, (const char *[]){"web", NULL});
    ww_reconcile(a);
    assert_int_equal(hosts_in_kernel("192.0.2.77"), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, live_open, live_close)
    const struct CMUnitTest tests[] = {
        TEST(a_guarded_network_stays_so_without_its_last_managed_container),
        TEST(it_ends_with_the_network),
        TEST(it_ends_with_the_option),
        TEST(a_network_of_unmanaged_containers_is_not_guarded),
        TEST(the_hosts_addresses_go_with_the_last_managed_container),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
