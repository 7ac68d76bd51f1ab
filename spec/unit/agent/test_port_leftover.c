/* Ports of a bridge that are, or were, a managed container's, and no endpoint's: nothing passes there. */
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/port_binding_fault.h"
#include "core/agent/port_binding_find.h"
#include "core/agent/reconcile.h"
#include "core/base/clock.h"
#include "core/control/status.h"
#include "helper_agent.h"
#include "helper_live.h"
#include "spec/unit/kernel/helper_netns.h"
#include "spec/unit/kernel/helper_room.h"

#define MAC "02:42:c6:33:64:64"
#define OTHER_MAC "02:42:c6:33:64:99"

/* The default bridge, which is not guarded for good, with this one on it; NULL: with none. */
static void answer(struct ww_agent *a, const char *id)
{
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = strdup("net");
    n->name = strdup("bridge");
    n->driver = strdup("bridge");
    n->bridge = strdup("br-net");
    n->default_bridge = true;
    n->told_ns = ww_clock_mono();
    n->endpoints = calloc(1, sizeof(*n->endpoints));
    assert_non_null(n->endpoints);
    if (id) {
        n->n_endpoints = 1;
        n->endpoints->container_id = strdup(id);
        assert_int_equal(ww_addr_parse("198.51.100.100", &n->endpoints->addrs.ipv4, NULL), 0);
        assert_int_equal(ww_mac_parse(MAC, &n->endpoints->addrs.mac, NULL), 0);
    }
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
    ww_port_bindings_look(a);
    ww_reconcile(a);
}

static void tell_audited(struct ww_agent *a, const char *id, bool managed, const char *mode, pid_t pid,
                         const char *audit)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = strdup(id);
    c->name = strdup(id);
    c->network_mode = strdup(mode);
    c->state = pid ? WW_RUNNING : WW_EXITED;
    c->label_enabled = strdup(managed ? "true" : "false");
    c->label_rules = strdup("none");
    c->label_audit = audit ? strdup(audit) : NULL;
    c->image_id = strdup("image");
    c->pid = pid;
    c->pid_told_ns = ww_clock_mono();
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
    ww_port_bindings_follow(a);
    ww_reconcile(a);
}

static void tell(struct ww_agent *a, const char *id, bool managed, const char *mode, pid_t pid)
{
    tell_audited(a, id, managed, mode, pid, NULL);
}

/* Is the port v0 bound in the rules in force, to a container that is managed, and to none of its addresses? */
static bool is_closed(void)
{
    char command[256];
    snprintf(command, sizeof(command),
             "nft list set bridge whalewall port 2>/dev/null | grep -q '\"v0\"' && "
             "! nft list set bridge whalewall free_port | grep -q '\"v0\"' && ! nft list set bridge whalewall to4 | "
             "grep -q '\"v0\"'");
    return system(command) == 0; /* NOLINT(cert-env33-c) */
}

/* `db` has been on the bridge, behind v0, and the engine says that it is there no more. */
static struct room leave(struct ww_agent *a, bool managed)
{
    struct room room = room_open();
    room_attach_new(room, "v0", "br-net", MAC);
    ww_port_bindings_look(a);
    tell(a, "db", managed, "bridge", room.pid);
    answer(a, "db");
    assert_false(is_closed());
    answer(a, NULL);
    return room;
}

static bool is_told(const struct ww_agent *a)
{
    struct ww_status s = {0};
    bool told = false;
    assert_int_equal(ww_port_bindings_problems(a, &s), 0);
    for (size_t i = 0; i < s.n_problems; i++)
        told = told || (!strcmp(s.problems[i].code, "port_left") && !strcmp(s.problems[i].subject, "db") &&
                        strstr(s.problems[i].text, "ip link del v0"));
    ww_status_done(&s);
    return told;
}

static void a_port_that_a_managed_container_has_left_is_closed(void **state)
{
    struct ww_agent *a = *state;
    struct room room = leave(a, true);
    assert_true(is_closed());
    helper_run("ip link del v0");
    ww_port_bindings_look(a);
    ww_reconcile(a);
    assert_int_equal(ww_fences_get(a->fences, "net") ? ww_fences_get(a->fences, "net")->n_known : 0, 0);
    room_close(room);
}

static void one_that_is_not_managed_may_leave_its_port(void **state)
{
    struct room room = leave(*state, false);
    assert_false(is_closed());
    room_close(room);
}

/* Of an audited one nothing is dropped. */
static void an_audited_one_may_leave_its_port(void **state)
{
    struct ww_agent *a = *state;
    struct room room = leave(a, true);
    assert_true(is_closed());
    assert_int_equal(ww_world_put_image(a->world, "image", NULL, NULL, true, NULL), 0);
    helper_attach_at(a, "far", "web", "203.0.113.9"); /* one that is enforced, so ports are looked at */
    tell_audited(a, "db", true, "bridge", room.pid, "true");
    answer(a, NULL);
    assert_true(a->guard.bystanders);
    assert_false(is_closed());
    room_close(room);
}

static void what_was_left_opens_with_audit(void **state)
{
    struct ww_agent *a = *state;
    struct room room = leave(a, true);
    assert_true(is_closed());
    ww_world_remove_container(a->world, "db");
    a->audit = true;
    live_start_anew(a, true);
    answer(a, NULL);
    assert_false(is_closed());
    room_close(room);
}

/* Engines take an endpoint out of what they tell before its interface is gone. */
static void it_is_told_when_it_stays(void **state)
{
    struct ww_agent *a = *state;
    struct room room = leave(a, true);
    assert_false(is_told(a));
    usleep(3100000);
    ww_port_bindings_retry(a);
    ww_reconcile(a);
    assert_true(is_told(a));
    answer(a, "db"); /* it is back */
    assert_false(is_told(a));
    assert_false(is_closed());
    room_close(room);
}

static void it_stays_closed_when_its_container_is_removed(void **state)
{
    struct ww_agent *a = *state;
    struct room room = leave(a, true);
    ww_world_remove_container(a->world, "db");
    answer(a, NULL);
    assert_true(is_closed());
    live_start_anew(a, true);
    answer(a, NULL);
    assert_true(is_closed());
    room_close(room);
}

/* Nothing says whose it was, but the process behind it. */
static void it_is_found_by_the_process_where_nothing_was_bound(void **state)
{
    struct ww_agent *a = *state;
    struct room room = leave(a, true);
    live_start_anew(a, false);
    answer(a, NULL);
    assert_false(is_closed());
    tell(a, "db", true, "bridge", room.pid);
    assert_true(is_closed());
    live_start_anew(a, false);
    tell(a, "db", true, "bridge", 0);
    answer(a, NULL);
    assert_false(is_closed());
    tell(a, "guest", false, "container:db", room.pid);
    assert_true(is_closed());
    room_close(room);
}

/* A second port of one that has an endpoint there is not its. */
static void of_two_ports_of_one_container_one_is_closed(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    room_attach_new(room, "v1", "br-net", MAC);
    ww_port_bindings_look(a);
    tell(a, "db", true, "bridge", room.pid);
    answer(a, "db");
    helper_run("nsenter --net --target %d ip link set eth0 name eth1", room.pid);
    room_attach_new(room, "v0", "br-net", OTHER_MAC);
    answer(a, "db");
    tell(a, "db", true, "bridge", room.pid);
    assert_true(is_closed());
    assert_int_equal(ww_fence_find(ww_fences_get(a->fences, "net"), "db")->port, if_nametoindex("v1"));
    room_close(room);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, live_open_bridge, live_close)
    const struct CMUnitTest tests[] = {
        TEST(a_port_that_a_managed_container_has_left_is_closed),
        TEST(one_that_is_not_managed_may_leave_its_port),
        TEST(an_audited_one_may_leave_its_port),
        TEST(what_was_left_opens_with_audit),
        TEST(it_is_told_when_it_stays),
        TEST(it_stays_closed_when_its_container_is_removed),
        TEST(it_is_found_by_the_process_where_nothing_was_bound),
        TEST(of_two_ports_of_one_container_one_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
