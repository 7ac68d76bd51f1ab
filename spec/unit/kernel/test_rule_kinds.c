/*
 * Each kind of element that a rule can become lets the rule's packets through, alone, and no other packets: to a
 * container from outside and from the host, from a container to the outside and to the host, in both families.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/kernel/netlink/ask.h"
#include "helper_heads.h"
#include "helper_stage.h"
#include "helper_tracked.h"
#include "spec/unit/addr.h"

#define TRIES 20 /* of what must arrive: the machine may be busy */
#define QUIET_MS 100
#define PUBLISHED C1_HEAD "publish udp 80 on 0.0.0.0 port 8080\npublish udp 80 on :: port 8080\n"
#define EXTERNAL(from) PUBLISHED "external from " from " origin \"mapped_ports.external\"\n"
#define IN(rule) C1_HEAD "input from " rule " origin \"input[0]\"\n"
#define OUT(rule) C0_HEAD "output to " rule " origin \"output[0]\"\n"

/* The outside's and the host's addresses, a network that each is in, and one that none is in. */
#define CLIENT "203.0.113.5,2001:db8:ffff::5"
#define CLIENT_NET "203.0.113.0/29,2001:db8:ffff::/64"
#define ROUTER "198.51.100.1,2001:db8:100::1"
#define ROUTER_NET "198.51.100.0/30,2001:db8:100::/64"
#define ELSEWHERE "10.0.0.0/8,2001:db8:9::/52"

enum { UDP4 = 1, UDP6 = 2, PING4 = 4, PING6 = 8, UDP = UDP4 | UDP6, PINGS = PING4 | PING6 };

static const struct kind {
    const char *name;
    const char *rules;
    int from;
    int to;
    unsigned passes;
} kinds[] = {
    {"no rule", C1_HEAD, LAB_OUTSIDE, 1, 0},
    {"external, any client", EXTERNAL("any"), LAB_OUTSIDE, 1, UDP},
    {"external, a client", EXTERNAL(CLIENT), LAB_OUTSIDE, 1, UDP},
    {"external, a network", EXTERNAL(CLIENT_NET), LAB_OUTSIDE, 1, UDP},
    {"external, another network", EXTERNAL(ELSEWHERE), LAB_OUTSIDE, 1, 0},
    {"input, any peer and a port", IN("any udp dport 80"), LAB_OUTSIDE, 1, UDP},
    {"input, a peer and a port", IN(CLIENT " udp dport 80"), LAB_OUTSIDE, 1, UDP},
    {"input, a network and a port", IN(CLIENT_NET " udp dport 80"), LAB_OUTSIDE, 1, UDP},
    {"input, any peer's pings", IN("any icmp"), LAB_OUTSIDE, 1, PINGS},
    {"input, a peer's pings", IN(CLIENT " icmp"), LAB_OUTSIDE, 1, PINGS},
    {"input, a network's pings", IN(CLIENT_NET " icmp"), LAB_OUTSIDE, 1, PINGS},
    {"input, a peer", IN(CLIENT), LAB_OUTSIDE, 1, UDP | PINGS},
    {"input, a network", IN(CLIENT_NET), LAB_OUTSIDE, 1, UDP | PINGS},
    {"input, another network", IN(ELSEWHERE), LAB_OUTSIDE, 1, 0},

    {"no rule for the host", C1_HEAD, LAB_HOST, 1, 0},
    {"localhost", PUBLISHED "localhost from host origin \"mapped_ports.localhost\"\n", LAB_HOST, 1, UDP},
    {"external, by the userland proxy", EXTERNAL(CLIENT), LAB_HOST, 1, UDP},
    {"input, the host and a port", IN("host udp dport 80"), LAB_HOST, 1, UDP},
    {"input, the host's pings", IN("host icmp"), LAB_HOST, 1, PINGS},
    {"input, the host", IN("host"), LAB_HOST, 1, UDP | PINGS},
    {"input, the host's address and a port", IN(ROUTER " udp dport 80"), LAB_HOST, 1, UDP},
    {"input, the host's address", IN(ROUTER), LAB_HOST, 1, UDP | PINGS},
    {"input, the host's network and a port", IN(ROUTER_NET " udp dport 80"), LAB_HOST, 1, UDP},
    {"input, pings from the host's network", IN(ROUTER_NET " icmp"), LAB_HOST, 1, PINGS},
    {"input, the host's network", IN(ROUTER_NET), LAB_HOST, 1, UDP | PINGS},
    {"input, another network than the host's", IN(ELSEWHERE), LAB_HOST, 1, 0},

    {"output, none", C0_HEAD, 0, LAB_OUTSIDE, 0},
    {"output, a port", OUT("any udp dport 80"), 0, LAB_OUTSIDE, UDP},
    {"output, an address and a port", OUT(CLIENT " udp dport 80"), 0, LAB_OUTSIDE, UDP},
    {"output, a network and a port", OUT(CLIENT_NET " udp dport 80"), 0, LAB_OUTSIDE, UDP},
    {"output, pings", OUT("any icmp"), 0, LAB_OUTSIDE, PINGS},
    {"output, pings to an address", OUT(CLIENT " icmp"), 0, LAB_OUTSIDE, PINGS},
    {"output, pings to a network", OUT(CLIENT_NET " icmp"), 0, LAB_OUTSIDE, PINGS},
    {"output, an address", OUT(CLIENT), 0, LAB_OUTSIDE, UDP | PINGS},
    {"output, a network", OUT(CLIENT_NET), 0, LAB_OUTSIDE, UDP | PINGS},
    {"output, another network", OUT(ELSEWHERE), 0, LAB_OUTSIDE, 0},

    {"output, none to the host", C0_HEAD, 0, LAB_HOST, 0},
    {"output, a port of the host", OUT("host udp dport 80"), 0, LAB_HOST, UDP},
    {"output, pings to the host", OUT("host icmp"), 0, LAB_HOST, PINGS},
    {"output, the host", OUT("host"), 0, LAB_HOST, UDP | PINGS},
    {"output, the host's network", OUT(ROUTER_NET), 0, LAB_HOST, UDP | PINGS},
    {"output, another network than the host's", OUT(ELSEWHERE), 0, LAB_HOST, 0},
};

static struct stage stage;

static int open_stage(void **state)
{
    stage_set(&stage, false);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_strike(&stage);
    return 0;
}

static const char *addr_at(int place, bool v6)
{
    static const char *const addrs[LAB_PLACES][2] = {
        [0] = {"198.51.100.2", "2001:db8:100::2"},
        [1] = {"198.51.100.3", "2001:db8:100::3"},
        [LAB_HOST] = {"198.51.100.1", "2001:db8:100::1"},
        [LAB_OUTSIDE] = {"203.0.113.5", "2001:db8:ffff::5"},
    };
    return addrs[place][v6];
}

static struct probe packet(const struct kind *kind, unsigned which)
{
    bool v6 = which & (UDP6 | PING6), ping = which & PINGS;
    struct probe p = {.from = kind->from, .to = kind->to};
    p.flow = (struct ww_flow){.proto = IPPROTO_UDP, .sport = stage.port++, .dport = 80, .orig_dport = 80};
    if (ping) {
        p.flow.proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
        p.flow.question = (uint16_t)((v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO) << 8);
        p.flow.dport = p.flow.orig_dport = 0;
    }
    p.flow.src = addr_of(addr_at(kind->from, v6));
    p.flow.dst = addr_of(addr_at(kind->to, v6));
    p.flow.orig_dst = p.flow.dst;
    return p;
}

/* Echo requests have no port of their own: those of the kind before would be an established flow. */
static void move_to(const char *rules)
{
    struct mnl_socket *conntrack;
    bench_go(&stage.bench, bench_plan(rules, NULL));
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &conntrack, &stage.bench.err), 0);
    helper_forget_all(conntrack);
    mnl_socket_close(conntrack);
}

/* The packets that arrived; until those have that must. */
static unsigned arrived(const struct kind *kind)
{
    unsigned came = 0;
    for (int i = 0; i < TRIES && (i == 0 || (came & kind->passes) != kind->passes); i++) {
        struct probe probes[4];
        for (unsigned k = 0; k < 4; k++)
            probes[k] = packet(kind, 1u << k);
        probe_run(&stage.kit, probes, 4, QUIET_MS);
        for (unsigned k = 0; k < 4; k++)
            came |= (unsigned)probes[k].delivered << k;
    }
    return came;
}

static void each_kind_of_rule_lets_its_packets_through_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        move_to(kinds[i].rules);
        unsigned came = arrived(&kinds[i]);
        if (came != kinds[i].passes)
            fail_msg("%s: packets %x arrived, not %x (1: UDP, 4: echo requests in IPv4; 2, 8: in IPv6)", kinds[i].name,
                     came, kinds[i].passes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_rule_lets_its_packets_through_alone),
    };
    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
