/* Which port leads to which container: seen as engines make containers, in network namespaces of the test's own. */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/kernel/bridge/ports.h"
#include "helper_netns.h"
#include "helper_room.h"

#define MAC_A "02:42:c6:33:64:02"
#define MAC_B "02:42:c6:33:64:03"

static struct ww_error err;

static int open_host(void **state)
{
    if (!helper_netns_enter())
        fail_msg("this test needs root: it works in network namespaces of its own");
    helper_run(
        "ip link add br0 type bridge && ip link set br0 up && ip link add br1 type bridge && ip link set br1 up");
    struct ww_ports *ports = NULL;
    if (ww_ports_new(&ports, &err) < 0)
        fail_msg("%s", err.text);
    *state = ports;
    return 0;
}

static int close_host(void **state)
{
    ww_ports_free(*state);
    return 0;
}

#define IN_ROOM(room, command) helper_run("nsenter --net --target %d sh -c '" command "'", (room).pid)

/* The one port with that MAC; 0: none, or several. */
static uint32_t find(const struct ww_ports *ports, const char *bridge, const char *text)
{
    struct ww_mac mac;
    int64_t left = 0;
    assert_int_equal(ww_mac_parse(text, &mac, &err), 0);
    const struct ww_port *port = ww_portmap_with_mac(ww_ports_map(ports), bridge, &mac, &left);
    assert_true(!port || port->since > 0);
    return port && !port->next[WW_BY_MAC] ? port->index : 0;
}

static const struct ww_port *port_of(const struct ww_ports *ports, const char *name)
{
    return ww_portmap_port(ww_ports_map(ports), if_nametoindex(name));
}

static int drain(struct ww_ports *ports)
{
    int rc = ww_ports_drain(ports, &err);
    if (rc < 0)
        fail_msg("%s", err.text);
    return rc;
}

/* Links are looked at by the kernel a little later, but what a veth needs at once. */
static void wait_for(struct ww_ports *ports, const char *bridge, const char *mac, uint32_t port)
{
    for (int i = 0; i < 500 && find(ports, bridge, mac) != port; i++) {
        struct pollfd news = {.fd = ww_ports_fd(ports), .events = POLLIN};
        poll(&news, 1, 10);
        drain(ports);
    }
    assert_int_equal(find(ports, bridge, mac), port);
}

/* Its peer was seen to be up where it lives: what it makes of its address later does not count. */
static void wait_final(struct ww_ports *ports, const char *name)
{
    for (int i = 0; i < 500 && !(port_of(ports, name) && port_of(ports, name)->final); i++) {
        struct pollfd news = {.fd = ww_ports_fd(ports), .events = POLLIN};
        poll(&news, 1, 10);
        drain(ports);
    }
    assert_true(port_of(ports, name) && port_of(ports, name)->final);
}

static void a_peer_that_is_where_it_belongs_is_known_at_once(void **state)
{
    struct ww_ports *ports = *state;
    struct room room = room_open();
    room_attach_new(room, "v0", "br0", MAC_A);
    assert_int_equal(drain(ports), 1);
    assert_int_equal(find(ports, "br0", MAC_A), if_nametoindex("v0"));
    assert_int_equal(find(ports, "br1", MAC_A), 0);
    assert_int_equal(find(ports, "br0", MAC_B), 0);
    helper_run("ip link del v0");
    room_close(room);
}

static void a_peer_that_comes_later_is_known_when_it_is_up(void **state)
{
    struct ww_ports *ports = *state;
    struct room room = room_open();
    room_attach_old("v0", "br0");
    drain(ports);
    char *early = helper_output("ip -br link show peerv0 | tr -s ' ' | cut -d' ' -f3 | tr -d '\n'");
    assert_int_equal(find(ports, "br0", early), 0);
    room_move_old(room, "v0", MAC_A);
    wait_for(ports, "br0", MAC_A, if_nametoindex("v0"));
    free(early);
    helper_run("ip link del v0");
    room_close(room);
}

static void what_was_there_before_is_read(void **state)
{
    (void)state;
    struct room room = room_open();
    room_attach_new(room, "v0", "br0", MAC_A);
    struct ww_ports *late = NULL;
    assert_int_equal(ww_ports_new(&late, &err), 0);
    assert_int_equal(find(late, "br0", MAC_A), if_nametoindex("v0"));
    ww_ports_free(late);
    helper_run("ip link del v0");
    room_close(room);
}

static void a_container_cannot_move_to_anothers_place(void **state)
{
    struct ww_ports *ports = *state;
    struct room honest = room_open();
    struct room liar = room_open();
    room_attach_new(honest, "v0", "br0", MAC_A);
    room_attach_new(liar, "v1", "br0", MAC_B);
    wait_for(ports, "br0", MAC_A, if_nametoindex("v0"));
    wait_for(ports, "br0", MAC_B, if_nametoindex("v1"));
    wait_final(ports, "v0");
    wait_final(ports, "v1");
    IN_ROOM(liar, "ip link set eth0 down && ip link set eth0 address " MAC_A " && ip link set eth0 up");
    helper_run("ip link set v1 alias looked-at");
    drain(ports);
    assert_int_equal(find(ports, "br0", MAC_A), if_nametoindex("v0"));
    assert_int_equal(find(ports, "br0", MAC_B), if_nametoindex("v1"));
    helper_run("ip link del v0 && ip link del v1");
    room_close(honest);
    room_close(liar);
}

static void of_two_that_claim_one_address_both_are_shown(void **state)
{
    struct ww_ports *ports = *state;
    struct room a = room_open();
    struct room b = room_open();
    room_attach_new(a, "v0", "br0", MAC_A);
    room_attach_new(b, "v1", "br0", MAC_A);
    drain(ports);
    assert_int_equal(find(ports, "br0", MAC_A), 0);
    helper_run("ip link set v1 master br1");
    drain(ports);
    assert_int_equal(find(ports, "br0", MAC_A), if_nametoindex("v0"));
    assert_int_equal(find(ports, "br1", MAC_A), if_nametoindex("v1"));
    helper_run("ip link set v1 master br0");
    drain(ports);
    assert_int_equal(find(ports, "br0", MAC_A), 0);
    helper_run("ip link del v1");
    assert_int_equal(drain(ports), 1);
    assert_int_equal(find(ports, "br0", MAC_A), if_nametoindex("v0"));
    helper_run("ip link del v0");
    room_close(a);
    room_close(b);
}

static void what_is_gone_is_gone_at_once(void **state)
{
    struct ww_ports *ports = *state;
    struct room room = room_open();
    room_attach_new(room, "v0", "br0", MAC_A);
    drain(ports);
    helper_run("ip link set v0 nomaster");
    assert_int_equal(drain(ports), 1);
    assert_int_equal(find(ports, "br0", MAC_A), 0);
    helper_run("ip link set v0 master br0");
    assert_int_equal(drain(ports), 1);
    assert_int_equal(find(ports, "br0", MAC_A), if_nametoindex("v0"));
    room_close(room);
    wait_for(ports, "br0", MAC_A, 0);
    for (int i = 0; i < 500 && if_nametoindex("v0"); i++) /* it leaves its bridge first */
        usleep(10000);
    assert_int_equal(if_nametoindex("v0"), 0);
}

static void a_bridge_is_known_by_its_name_of_now(void **state)
{
    struct ww_ports *ports = *state;
    struct room room = room_open();
    room_attach_new(room, "v0", "br0", MAC_A);
    helper_run("ip link set br0 down && ip link set br0 name br2 && ip link set br2 up");
    drain(ports);
    assert_int_equal(find(ports, "br0", MAC_A), 0);
    assert_int_equal(find(ports, "br2", MAC_A), if_nametoindex("v0"));
    helper_run("ip link set br2 down && ip link set br2 name br0 && ip link set br0 up && ip link del v0");
    room_close(room);
}

/* More news than the socket holds: all is read again. */
static void lost_news_are_made_up_for(void **state)
{
    struct ww_ports *ports = *state;
    struct room room = room_open();
    room_attach_new(room, "v0", "br0", MAC_B);
    drain(ports);
    uint32_t first = if_nametoindex("v0");
    helper_run("for i in $(seq 3000); do echo link set lo alias name$i; done | ip -batch - && ip link del v0");
    room_attach_new(room, "v1", "br1", MAC_A);
    assert_int_equal(drain(ports), 1);
    assert_int_equal(find(ports, "br1", MAC_A), if_nametoindex("v1"));
    assert_int_equal(find(ports, "br0", MAC_B), 0);
    assert_null(ww_portmap_port(ww_ports_map(ports), first));
    assert_int_equal(drain(ports), 0);
    helper_run("ip link del v1");
    room_close(room);
}

/* The namespace of whoever is behind it does not change with its MAC. */
static void a_port_leads_to_a_process_whatever_its_mac(void **state)
{
    struct ww_ports *ports = *state;
    struct room honest = room_open();
    struct room liar = room_open();
    int32_t netns = -2;
    assert_int_equal(ww_ports_netns(ports, honest.pid, &netns), 0);
    assert_int_equal(netns, -1); /* nothing leads there yet */
    room_attach_new(honest, "v0", "br0", MAC_A);
    room_attach_new(liar, "v1", "br0", MAC_B);
    IN_ROOM(liar, "ip link set eth0 down && ip link set eth0 address " MAC_A " && ip link set eth0 up");
    drain(ports);
    assert_int_equal(ww_ports_netns(ports, honest.pid, &netns), 0);
    const struct ww_port *port = ww_portmap_in_netns(ww_ports_map(ports), "br0", netns);
    assert_ptr_equal(port, port_of(ports, "v0"));
    assert_null(port->next[WW_BY_NETNS]);
    assert_null(ww_portmap_in_netns(ww_ports_map(ports), "br1", netns));
    assert_int_equal(ww_ports_leads_to(ports, if_nametoindex("v0"), honest.pid), 1);
    assert_int_equal(ww_ports_leads_to(ports, if_nametoindex("v0"), liar.pid), 0);
    assert_int_equal(ww_ports_leads_to(ports, if_nametoindex("v1"), liar.pid), 1);
    helper_run("ip link del v0 && ip link del v1");
    room_close(honest);
    room_close(liar);
}

static void a_container_that_is_gone_is_behind_no_port(void **state)
{
    struct ww_ports *ports = *state;
    struct room room = room_open();
    int32_t netns = -1;
    room_attach_new(room, "v0", "br0", MAC_A);
    drain(ports);
    room_close(room);
    for (int i = 0; i < 500 && ww_ports_netns(ports, room.pid, &netns) == 0; i++)
        usleep(10000);
    assert_int_equal(ww_ports_netns(ports, room.pid, &netns), -ESRCH);
    wait_for(ports, "br0", MAC_A, 0);
}

static void a_port_is_whose_it_was_found_to_be_while_it_is_at_its_bridge(void **state)
{
    struct ww_ports *ports = *state;
    struct room room = room_open();
    room_attach_new(room, "v0", "br0", MAC_A);
    drain(ports);
    uint32_t index = if_nametoindex("v0");
    assert_int_equal(ww_ports_give(ports, index, "0123456789abcdef", WW_PROOF_PID), 0);
    assert_ptr_equal(ww_portmap_of(ww_ports_map(ports), "br0", "0123456789abffff"), port_of(ports, "v0"));
    assert_null(ww_portmap_of(ww_ports_map(ports), "br0", "0123456789aaffff"));
    helper_run("ip link set v0 down && ip link set v0 up && ip link set v0 alias looked-at");
    drain(ports);
    assert_int_equal(port_of(ports, "v0")->proof, WW_PROOF_PID);
    helper_run("ip link set v0 nomaster && ip link set v0 master br0");
    drain(ports);
    assert_int_equal(port_of(ports, "v0")->proof, WW_PROOF_NONE);
    assert_null(ww_portmap_of(ww_ports_map(ports), "br0", "0123456789abcdef"));
    assert_int_equal(ww_ports_give(ports, 4711, "0123456789abcdef", WW_PROOF_PID), -ENODEV);
    helper_run("ip link del v0");
    room_close(room);
}

/* What is behind the host's end may go elsewhere; whose the host's end is, does not. */
static void a_peer_that_goes_elsewhere_is_to_be_looked_at_again(void **state)
{
    struct ww_ports *ports = *state;
    struct room room = room_open();
    struct room other = room_open();
    room_attach_new(room, "v0", "br0", MAC_A);
    drain(ports);
    assert_int_equal(ww_ports_give(ports, if_nametoindex("v0"), "abc", WW_PROOF_PID), 0);
    helper_run("nsenter --net --target %d ip link set eth0 netns %d && "
               "nsenter --net --target %d ip link set eth0 address " MAC_B " up",
               room.pid, other.pid, other.pid);
    wait_for(ports, "br0", MAC_B, if_nametoindex("v0"));
    assert_int_equal(port_of(ports, "v0")->proof, WW_PROOF_BOUND);
    assert_int_equal(ww_ports_leads_to(ports, if_nametoindex("v0"), room.pid), 0);
    helper_run("ip link del v0");
    room_close(room);
    room_close(other);
}

struct search {
    struct ww_addr addr;
    unsigned found;
    unsigned all;
};

static int look(const struct ww_addr *addr, void *arg)
{
    struct search *s = arg;
    s->all += !ww_addr_is_link_local(addr); /* each bridge has one */
    s->found += ww_addr_cmp(addr, &s->addr) == 0;
    return 0;
}

/* How often the address is shown, and in *ret_all how many are. */
static unsigned shown(const struct ww_ports *ports, bool shared, const char *text, unsigned *ret_all)
{
    struct search s = {.all = 0};
    assert_int_equal(ww_addr_parse(text, &s.addr, &err), 0);
    (shared ? ww_portmap_each_shared : ww_portmap_each_host)(ww_ports_map(ports), look, &s);
    *ret_all = s.all;
    return s.found;
}

static void expect_shown(const struct ww_ports *ports, bool shared, const char *const *texts, size_t n, unsigned times)
{
    unsigned all;
    for (size_t i = 0; i < n; i++)
        if (shown(ports, shared, texts[i], &all) != times || all != n * times)
            fail_msg("%s is shown %u times, of %u addresses", texts[i], shown(ports, shared, texts[i], &all), all);
}

/* The kernel tells of an IPv6 address a little after it was asked for it, from a thread of its own. */
static void wait_for_own(struct ww_ports *ports, size_t n)
{
    unsigned all = 0;
    for (int i = 0; i < 500 && all != n; i++) {
        struct pollfd news = {.fd = ww_ports_fd(ports), .events = POLLIN};
        poll(&news, 1, 10);
        drain(ports);
        shown(ports, false, "192.0.2.1", &all);
    }
}

/* An address of the host's own is shown by itself; those of its subnet that others have, too, beside it. */
static void what_the_host_shares_follows_from_its_own_addresses(void **state)
{
    static const char *const own[] = {"192.0.2.1", "198.51.100.9", "203.0.113.4", "2001:db8:1::1", "2001:db8:2::1"};
    static const char *const shared[] = {"192.0.2.0", "192.0.2.255", "192.0.2.127", "2001:db8:1::"};
    struct ww_ports *ports = *state;
    unsigned all;
    helper_run("ip addr add 192.0.2.1/24 broadcast 192.0.2.127 dev br0 && ip addr add 198.51.100.9/32 dev br0 && "
               "ip addr add 203.0.113.4/31 dev br0 && ip addr add 2001:db8:1::1/64 dev br0 nodad && "
               "ip addr add 2001:db8:2::1/127 dev br0 nodad");
    wait_for_own(ports, sizeof(own) / sizeof(own[0]));
    expect_shown(ports, false, own, sizeof(own) / sizeof(own[0]), 1);
    expect_shown(ports, true, shared, sizeof(shared) / sizeof(shared[0]), 1);
    helper_run("ip addr add 192.0.2.2/24 dev br0"); /* with it, as long as one of both is there */
    drain(ports);
    assert_int_equal(shown(ports, true, "192.0.2.255", &all), 2);
    helper_run("ip addr del 192.0.2.2/24 dev br0");
    drain(ports);
    expect_shown(ports, true, shared, sizeof(shared) / sizeof(shared[0]), 1);
    helper_run("ip addr flush dev br0 scope global");
    drain(ports);
    assert_int_equal(shown(ports, true, "192.0.2.255", &all), 0);
    assert_int_equal(all, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_host, close_host)
    const struct CMUnitTest tests[] = {
        TEST(a_peer_that_is_where_it_belongs_is_known_at_once),
        TEST(a_peer_that_comes_later_is_known_when_it_is_up),
        TEST(what_was_there_before_is_read),
        TEST(a_container_cannot_move_to_anothers_place),
        TEST(of_two_that_claim_one_address_both_are_shown),
        TEST(what_is_gone_is_gone_at_once),
        TEST(a_bridge_is_known_by_its_name_of_now),
        TEST(lost_news_are_made_up_for),
        TEST(a_port_leads_to_a_process_whatever_its_mac),
        TEST(a_container_that_is_gone_is_behind_no_port),
        TEST(a_port_is_whose_it_was_found_to_be_while_it_is_at_its_bridge),
        TEST(a_peer_that_goes_elsewhere_is_to_be_looked_at_again),
        TEST(what_the_host_shares_follows_from_its_own_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
