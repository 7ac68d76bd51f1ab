/* Which container a bridge port is of: an engine's event that comes late opens nothing to one with the same MAC, and
 * loses none. */
#include <fcntl.h>
#include <net/if.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

/* The engine's answer, asked for at that moment: `web` is there, and `db`, if it is. */
static void answer(struct ww_agent *a, int64_t asked, bool with_db)
{
    static const char *const ids[] = {"web", "db"};
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = strdup("net");
    n->name = strdup("net");
    n->driver = strdup("bridge");
    n->told_ns = asked;
    n->n_endpoints = with_db ? 2 : 1;
    n->endpoints = calloc(2, sizeof(*n->endpoints));
    assert_non_null(n->endpoints);
    for (size_t i = 0; i < n->n_endpoints; i++) {
        n->endpoints[i].container_id = strdup(ids[i]);
        assert_int_equal(ww_addr_parse(i ? "198.51.100.100" : "198.51.100.119", &n->endpoints[i].addrs.ipv4, NULL), 0);
    }
    if (with_db)
        assert_int_equal(ww_mac_parse(MAC, &n->endpoints[1].addrs.mac, NULL), 0);
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
    ww_reconcile(a);
}

/* The port that `db` is to be behind; -1: it is not known there. */
static int64_t port_of_db(const struct ww_agent *a)
{
    const struct ww_fence *f = ww_fences_get(a->fences, "net");
    const struct ww_known *known = f ? ww_fence_find(f, "db") : NULL;
    return known ? (int64_t)known->port : -1;
}

static int64_t asked_for(const struct ww_agent *a)
{
    return ((const int64_t *)a->source)[2];
}

/* `db` is behind v0; then v1 is there in its place, with the same MAC, before the engine says anything. */
static void succeed(struct ww_agent *a, struct room second)
{
    struct room first = room_open();
    room_attach_new(first, "v0", "br-net", MAC);
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    helper_run("ip link del v0");
    room_close(first);
    room_attach_new(second, "v1", "br-net", MAC);
}

static void a_container_that_plugs_in_with_the_same_mac_is_not_taken_for_the_former(void **state)
{
    struct ww_agent *a = *state;
    struct room second = room_open();
    int64_t before = ww_clock_mono();
    succeed(a, second);
    int64_t was = port_of_db(a);
    int64_t n = asked_for(a);
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), was);
    assert_int_equal(asked_for(a), n + 1);
    answer(a, before, true); /* under way before that */
    assert_int_equal(port_of_db(a), was);
    assert_int_equal(asked_for(a), n + 2);
    answer(a, ww_clock_mono(), false);
    assert_int_equal(port_of_db(a), -1);
    room_close(second);
}

/* It is not known yet whether the port is its own, or that of the next container. */
static void one_without_a_port_waits_for_a_word_that_is_newer_than_the_port(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    room_attach_new(room, "v0", "br-net", MAC);
    int64_t n = asked_for(a);
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    assert_int_equal(asked_for(a), n + 1);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    assert_int_equal(asked_for(a), n + 1);
    room_close(room);
}

/* As engines before 28 go about it: the port is there, then they tell of the endpoint, then the port has its MAC. */
static void a_port_that_was_there_before_the_word_needs_no_other(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    room_attach_old("v0", "br-net");
    ww_port_bindings_look(a);
    int64_t n = asked_for(a);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    room_move_old(room, "v0", MAC);
    for (int i = 0; i < 500 && port_of_db(a) == WW_PORT_NOWHERE;
         i++) { /* links are looked at by the kernel a little later */
        usleep(10000);
        ww_reconcile(a);
    }
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    assert_int_equal(asked_for(a), n);
    room_close(room);
}

static void one_that_was_started_again_has_its_new_port_with_the_next_answer(void **state)
{
    struct ww_agent *a = *state;
    struct room again = room_open();
    succeed(a, again);
    int64_t n = asked_for(a);
    ww_reconcile(a);
    assert_int_not_equal(port_of_db(a), if_nametoindex("v1"));
    answer(a, ww_clock_mono(), true); /* says nothing new but that */
    assert_int_equal(port_of_db(a), if_nametoindex("v1"));
    assert_int_equal(asked_for(a), n + 1);
    room_close(again);
}

/* The other had it all the time: what the engine said while there were two does not speak for the one that is left. */
static void the_one_that_is_left_of_two_is_not_taken_for_the_other(void **state)
{
    struct ww_agent *a = *state;
    struct room first = room_open();
    struct room second = room_open();
    room_attach_new(first, "v0", "br-net", MAC);
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    room_attach_new(second, "v1", "br-net", MAC);
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    int64_t was = port_of_db(a);
    assert_int_equal(was, if_nametoindex("v0"));
    helper_run("ip link del v0");
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), was);
    room_close(first);
    room_close(second);
}

/* What an inspect says: `id` runs as this process; 0: it does not. */
static void tell_process(struct ww_agent *a, const char *id, int64_t asked, pid_t pid)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = strdup(id);
    c->name = strdup(id);
    c->network_mode = strdup("net");
    c->state = pid ? WW_RUNNING : WW_EXITED;
    c->label_enabled = strdup("true");
    c->label_rules = strdup(strcmp(id, "web") == 0 ? "opens db" : "none");
    c->pid = pid;
    c->pid_told_ns = asked;
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
    ww_port_bindings_follow(a);
    ww_reconcile(a);
}

static void end(struct room room)
{
    kill(room.pid, SIGKILL);
    waitpid(room.pid, NULL, 0);
}

/* The process ends, and its network namespace, which this holds, stays. */
static int end_but_linger(struct room room)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/ns/net", room.pid);
    int deferred = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(deferred >= 0);
    end(room);
    return deferred;
}

static int64_t processes_asked_for(const struct ww_agent *a)
{
    return ((const int64_t *)a->source)[3];
}

static void change_mac(struct room room, const char *mac)
{
    helper_run("nsenter --net --target %d sh -c 'ip link set eth0 down && ip link set eth0 address %s && ip link set "
               "eth0 up'",
               room.pid, mac);
}

/* The kernel takes seconds to remove namespaces and their ports, where many end at once: the new port is found all the
 * same. */
static void one_whose_former_port_lingers_is_behind_its_new_one(void **state)
{
    struct ww_agent *a = *state;
    struct room first = room_open();
    struct room again = room_open();
    struct ww_status s = {0};
    room_attach_new(first, "v0", "br-net", MAC);
    ww_port_bindings_look(a);
    tell_process(a, "db", ww_clock_mono(), first.pid);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    int deferred = end_but_linger(first);
    tell_process(a, "db", ww_clock_mono(), 0);
    room_attach_new(again, "v1", "br-net", MAC);
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    tell_process(a, "db", ww_clock_mono(), again.pid);
    assert_int_equal(port_of_db(a), if_nametoindex("v1"));
    assert_true(if_nametoindex("v0") > 0);
    assert_int_equal(ww_port_bindings_problems(a, &s), 0);
    assert_int_equal(s.n_problems, 0); /* no MAC address has lied */
    ww_status_done(&s);
    close(deferred);
    room_close(again);
}

/* It has a MAC that no other has, or that of a neighbour: its port is its by its process. */
static void a_container_that_changed_its_mac_is_found_by_its_process(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    room_attach_new(room, "v0", "br-net", "02:42:c6:33:64:99");
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    assert_int_equal(processes_asked_for(a) > 0, 1);
    tell_process(a, "db", ww_clock_mono(), room.pid);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    room_close(room);
}

/* The MAC is the victim's; the victim keeps its port, and the thief is behind its own. */
static void of_two_that_claim_one_mac_each_is_behind_its_own_port(void **state)
{
    struct ww_agent *a = *state;
    struct room honest = room_open();
    struct room thief = room_open();
    room_attach_new(honest, "v0", "br-net", MAC);
    room_attach_new(thief, "v1", "br-net", "02:42:c6:33:64:77");
    change_mac(thief, MAC);
    live_start_anew(a, false);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE); /* which is it? */
    tell_process(a, "db", ww_clock_mono(), honest.pid);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    change_mac(honest, "02:42:c6:33:64:55"); /* nor is it taken away later */
    ww_reconcile(a);
    helper_run("ip link set v1 nomaster && ip link set v1 master br-net");
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    room_close(honest);
    room_close(thief);
}

static void what_the_kernel_has_bound_is_bound_after_a_start(void **state)
{
    struct ww_agent *a = *state;
    struct room honest = room_open();
    struct room thief = room_open();
    room_attach_new(honest, "v0", "br-net", MAC);
    room_attach_new(thief, "v1", "br-net", "02:42:c6:33:64:77");
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    change_mac(honest, "02:42:c6:33:64:55");
    change_mac(thief, MAC);
    live_start_anew(a, true);
    ww_world_mark_network_dirty(a->world, "net");
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    room_close(honest);
    room_close(thief);
}

/* Another container had its MAC when nothing better was known. */
static void the_process_is_believed_where_the_mac_says_otherwise(void **state)
{
    struct ww_agent *a = *state;
    struct room honest = room_open();
    struct room thief = room_open();
    room_attach_new(honest, "v0", "br-net", "02:42:c6:33:64:55");
    room_attach_new(thief, "v1", "br-net", MAC);
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v1")); /* for the moment */
    tell_process(a, "db", ww_clock_mono(), honest.pid);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    struct ww_status s = {0};
    assert_int_equal(ww_port_bindings_problems(a, &s), 0);
    assert_int_equal(s.n_problems, 1);
    assert_string_equal(s.problems[0].code, "port_mistaken");
    assert_string_equal(s.problems[0].subject, "db");
    ww_status_done(&s);
    helper_run("ip link del v0");
    ww_reconcile(a);
    assert_int_not_equal(port_of_db(a), if_nametoindex("v1"));
    room_close(honest);
    room_close(thief);
}

/* Its own interface is gone: what has its MAC is not its. */
static void a_port_with_only_the_mac_of_one_that_runs_is_not_taken_for_its(void **state)
{
    struct ww_agent *a = *state;
    struct room honest = room_open();
    struct room thief = room_open();
    room_attach_new(thief, "v1", "br-net", MAC);
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v1")); /* for the moment */
    tell_process(a, "db", ww_clock_mono(), honest.pid);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    room_close(honest);
    room_close(thief);
}

/* One that runs has given itself the MAC that an engine before 28 will give to the next. */
static void a_port_that_waits_with_the_mac_of_one_that_starts_is_not_taken_for_its(void **state)
{
    struct ww_agent *a = *state;
    struct room thief = room_open();
    struct room db = room_open();
    room_attach_new(thief, "v0", "br-net", MAC);
    live_start_anew(a, false);
    tell_process(a, "db", ww_clock_mono(), 0);
    tell_process(a, "web", ww_clock_mono(), thief.pid);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    room_attach_new(db, "v1", "br-net", MAC);
    ww_reconcile(a);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v1"));
    room_close(thief);
    room_close(db);
}

/*
 * The same, by one that is on no network any more, so that it is not known: its port was there before the program,
 * and could be any container's.
 */
static void a_port_that_was_there_before_the_program_is_not_taken_for_one_that_starts(void **state)
{
    struct ww_agent *a = *state;
    struct room thief = room_open();
    struct room db = room_open();
    room_attach_new(thief, "v0", "br-net", MAC);
    live_start_anew(a, false);
    tell_process(a, "web", ww_clock_mono(), 0);
    tell_process(a, "db", ww_clock_mono(), 0);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    tell_process(a, "db", ww_clock_mono(), db.pid);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    room_attach_new(db, "v1", "br-net", MAC);
    ww_port_bindings_look(a);
    tell_process(a, "db", ww_clock_mono(), db.pid);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v1"));
    room_close(thief);
    room_close(db);
}

/* Where no process tells anything either, the MAC that one port has is all there is. */
static void an_old_port_counts_where_processes_cannot_be_seen(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    room_attach_new(room, "v0", "br-net", MAC);
    live_start_anew(a, false);
    a->port_bindings.own_pids = true;
    tell_process(a, "db", ww_clock_mono(), 0);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    room_close(room);
}

/* The word about the process is older than the port: the number may be another's by now. */
static void a_process_that_was_told_before_the_port_came_says_nothing_of_it(void **state)
{
    struct ww_agent *a = *state;
    struct room other = room_open();
    tell_process(a, "db", ww_clock_mono(), other.pid);
    room_attach_new(other, "v0", "br-net", "02:42:c6:33:64:77");
    answer(a, ww_clock_mono(), true);
    int64_t n = processes_asked_for(a);
    answer(a, ww_clock_mono(), true);
    ww_world_mark_network_dirty(a->world, "net");
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    assert_true(processes_asked_for(a) > n);
    tell_process(a, "db", ww_clock_mono(), other.pid);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    room_close(other);
}

/* Two containers cannot be in one network namespace with a port each on one bridge: the first keeps it. */
static void a_port_that_is_known_is_not_given_to_another(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    room_attach_new(room, "v0", "br-net", "02:42:c6:33:64:77");
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    tell_process(a, "web", ww_clock_mono(), room.pid);
    answer(a, ww_clock_mono(), true);
    assert_non_null(ww_portmap_of(ww_ports_map(a->ports), "br-net", "web"));
    tell_process(a, "db", ww_clock_mono(), room.pid);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    assert_non_null(ww_portmap_of(ww_ports_map(a->ports), "br-net", "web"));
    tell_process(a, "web", ww_clock_mono(), 0); /* its number went to another */
    ww_reconcile(a);
    ww_world_mark_network_dirty(a->world, "net");
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    room_close(room);
}

/* In a pid namespace of its own, until one process leads somewhere: the MAC that only one port has, and no other. */
static void without_the_engines_pids_a_mac_counts_that_one_port_has(void **state)
{
    struct ww_agent *a = *state;
    struct room honest = room_open();
    struct room thief = room_open();
    a->port_bindings.own_pids = true;
    room_attach_new(honest, "v0", "br-net", MAC);
    ww_port_bindings_look(a);
    answer(a, ww_clock_mono(), true);
    tell_process(a, "db", ww_clock_mono(), 0x7ffffffe);
    assert_true(ww_port_bindings_blind(a));
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    struct ww_status s = {0};
    assert_int_equal(ww_port_bindings_problems(a, &s), 0);
    assert_int_equal(s.n_problems, 1);
    assert_string_equal(s.problems[0].code, "pids_hidden");
    ww_status_done(&s);
    room_attach_new(thief, "v1", "br-net", MAC);
    ww_reconcile(a);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    tell_process(a, "db", ww_clock_mono(), honest.pid);
    assert_false(ww_port_bindings_blind(a));
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    room_close(honest);
    room_close(thief);
}

/* As the loop does when the timer is due. */
static void retry(struct ww_agent *a)
{
    ww_port_bindings_retry(a);
    ww_reconcile(a);
}

/* Closed is not silent: but a container that is about to start is closed for a moment, and that is all right. */
static void a_container_closed_for_want_of_a_port_is_told(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    struct ww_status s = {0};
    tell_process(a, "db", ww_clock_mono(), 0);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), WW_PORT_NOWHERE);
    usleep(3100000);
    ww_world_mark_network_dirty(a->world, "net");
    ww_reconcile(a);
    assert_int_equal(ww_port_bindings_problems(a, &s), 0);
    for (size_t i = 0; i < s.n_problems; i++)
        assert_string_not_equal(s.problems[i].subject, "db");
    ww_status_done(&s);
    tell_process(a, "db", ww_clock_mono(), room.pid);
    usleep(3100000);
    retry(a);
    s = (struct ww_status){0};
    assert_int_equal(ww_port_bindings_problems(a, &s), 0);
    bool told = false;
    for (size_t i = 0; i < s.n_problems; i++)
        told = told || (!strcmp(s.problems[i].subject, "db") && !strcmp(s.problems[i].code, "port_unknown"));
    assert_true(told);
    ww_status_done(&s);
    room_attach_new(room, "v0", "br-net", MAC);
    ww_port_bindings_look(a);
    tell_process(a, "db", ww_clock_mono(), room.pid);
    answer(a, ww_clock_mono(), true);
    assert_int_equal(port_of_db(a), if_nametoindex("v0"));
    s = (struct ww_status){0};
    assert_int_equal(ww_port_bindings_problems(a, &s), 0);
    for (size_t i = 0; i < s.n_problems; i++)
        assert_string_not_equal(s.problems[i].subject, "db");
    ww_status_done(&s);
    room_close(room);
}

static bool is_told(const struct ww_agent *a)
{
    struct ww_status s = {0};
    bool told = false;
    assert_int_equal(ww_port_bindings_problems(a, &s), 0);
    for (size_t i = 0; i < s.n_problems; i++)
        told = told || (!strcmp(s.problems[i].subject, "db") && !strcmp(s.problems[i].code, "port_unknown"));
    ww_status_done(&s);
    return told;
}

/* An engine that is away cannot say that it has ended: that is told once the engine is there and says nothing of it. */
static void a_closed_container_is_not_told_while_the_engine_is_away(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    tell_process(a, "db", ww_clock_mono(), room.pid);
    answer(a, ww_clock_mono(), true);
    ((uint64_t *)a->source)[4] = true;
    usleep(3100000);
    retry(a);
    assert_false(is_told(a));
    ((uint64_t *)a->source)[4] = false;
    usleep(3100000);
    retry(a);
    assert_true(is_told(a));
    room_close(room);
}

/* A busy engine says seconds late that a container has ended. */
static void a_container_whose_process_has_ended_is_not_told(void **state)
{
    struct ww_agent *a = *state;
    struct room room = room_open();
    tell_process(a, "db", ww_clock_mono(), room.pid);
    answer(a, ww_clock_mono(), true);
    end(room);
    usleep(3100000);
    retry(a);
    assert_false(is_told(a));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, live_open_bridge, live_close)
    const struct CMUnitTest tests[] = {
        TEST(a_container_that_plugs_in_with_the_same_mac_is_not_taken_for_the_former),
        TEST(one_without_a_port_waits_for_a_word_that_is_newer_than_the_port),
        TEST(a_port_that_was_there_before_the_word_needs_no_other),
        TEST(one_that_was_started_again_has_its_new_port_with_the_next_answer),
        TEST(the_one_that_is_left_of_two_is_not_taken_for_the_other),
        TEST(one_whose_former_port_lingers_is_behind_its_new_one),
        TEST(a_container_that_changed_its_mac_is_found_by_its_process),
        TEST(of_two_that_claim_one_mac_each_is_behind_its_own_port),
        TEST(what_the_kernel_has_bound_is_bound_after_a_start),
        TEST(the_process_is_believed_where_the_mac_says_otherwise),
        TEST(a_port_with_only_the_mac_of_one_that_runs_is_not_taken_for_its),
        TEST(a_port_that_waits_with_the_mac_of_one_that_starts_is_not_taken_for_its),
        TEST(a_port_that_was_there_before_the_program_is_not_taken_for_one_that_starts),
        TEST(an_old_port_counts_where_processes_cannot_be_seen),
        TEST(a_process_that_was_told_before_the_port_came_says_nothing_of_it),
        TEST(a_port_that_is_known_is_not_given_to_another),
        TEST(without_the_engines_pids_a_mac_counts_that_one_port_has),
        TEST(a_container_closed_for_want_of_a_port_is_told),
        TEST(a_closed_container_is_not_told_while_the_engine_is_away),
        TEST(a_container_whose_process_has_ended_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
