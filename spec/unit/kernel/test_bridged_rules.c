/*
 * Each kind of element that a rule can become lets the rule's packets through, alone, within a bridge where the IP
 * hooks see none of them (bridge-nf 0), on kernels that track connections there. Elsewhere it is test_rule_kinds' to
 * see.
 */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "core/kernel/netlink/ask.h"
#include "helper_bound.h"
#include "helper_heads.h"
#include "helper_tracked.h"
#include "spec/unit/addr.h"

#define QUIET_MS 100
#define PUBLISHED C1_HEAD "publish udp 80 on 0.0.0.0 port 8080\npublish udp 80 on :: port 8080\n"
#define EXTERNAL(from) PUBLISHED "external from " from " origin \"mapped_ports.external\"\n"
#define IN(rule) C1_HEAD "input from " rule " origin \"input[0]\"\n"
#define OUT(rule) C0_HEAD "output to " rule " origin \"output[0]\"\n"

/* The other end's addresses, a network that they are in, and one that they are not in. */
#define OTHER "198.51.100.4,2001:db8:100::4"
#define OTHER_NET "198.51.100.4/30,2001:db8:100::/64"
#define ELSEWHERE "10.0.0.0/8,2001:db8:9::/52"

enum {
    UDP4 = 1,
    UDP6 = 2,
    PING4 = 4,
    PING6 = 8,
    NEXT4 = 16, /* the port beside the rules' */
    NEXT6 = 32,
    UDP = UDP4 | UDP6,
    PINGS = PING4 | PING6,
    NEXT = NEXT4 | NEXT6,
    PACKETS = 6
};

/* c0 and c1 have the rules, c2 is not managed. */
static const struct kind {
    const char *name;
    const char *rules;
    unsigned passes;
} inbound[] =
    {
        {"no rule", C1_HEAD, 0},
        {"external, any client", EXTERNAL("any"), UDP},
        {"external, a client", EXTERNAL(OTHER), UDP},
        {"external, a network", EXTERNAL(OTHER_NET), UDP},
        {"external, another network", EXTERNAL(ELSEWHERE), 0},
        {"input, any peer and a port", IN("any udp dport 80"), UDP},
        {"input, a peer and a port", IN(OTHER " udp dport 80"), UDP},
        {"input, a network and a port", IN(OTHER_NET " udp dport 80"), UDP},
        {"input, a logged port", IN("any udp dport 80 log \"seen\""), UDP},
        {"input, any peer's pings", IN("any icmp"), PINGS},
        {"input, a peer's pings", IN(OTHER " icmp"), PINGS},
        {"input, a network's pings", IN(OTHER_NET " icmp"), PINGS},
        {"input, logged pings", IN("any icmp log \"seen\""), PINGS},
        {"input, a peer", IN(OTHER), UDP | PINGS | NEXT},
        {"input, a network", IN(OTHER_NET), UDP | PINGS | NEXT},
        {"input, another network", IN(ELSEWHERE), 0},
},
  outbound[] = {
      {"output, none", C0_HEAD, 0},
      {"output, a port", OUT("any udp dport 80"), UDP},
      {"output, an address and a port", OUT(OTHER " udp dport 80"), UDP},
      {"output, a network and a port", OUT(OTHER_NET " udp dport 80"), UDP},
      {"output, a logged port", OUT("any udp dport 80 log \"seen\""), UDP},
      {"output, pings", OUT("any icmp"), PINGS},
      {"output, pings to an address", OUT(OTHER " icmp"), PINGS},
      {"output, pings to a network", OUT(OTHER_NET " icmp"), PINGS},
      {"output, logged pings", OUT("any icmp log \"seen\""), PINGS},
      {"output, an address", OUT(OTHER), UDP | PINGS | NEXT},
      {"output, a network", OUT(OTHER_NET), UDP | PINGS | NEXT},
      {"output, another network", OUT(ELSEWHERE), 0},
};

static const char *addr_of_container(int n, bool v6)
{
    static const char *const addrs[][2] = {
        {"198.51.100.2", "2001:db8:100::2"}, {"198.51.100.3", "2001:db8:100::3"}, {"198.51.100.4", "2001:db8:100::4"}};
    return addrs[n][v6];
}

static struct probe packet(int from, int to, unsigned which)
{
    bool v6 = which & (UDP6 | PING6 | NEXT6);
    struct probe p = {.from = from, .to = to};
    p.flow = (struct ww_flow){.proto = IPPROTO_UDP, .sport = stage.port++, .dport = which & NEXT ? 81 : 80};
    if (which & PINGS) {
        p.flow.proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
        p.flow.question = (uint16_t)((v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO) << 8);
        p.flow.dport = 0;
    }
    p.flow.orig_dport = p.flow.dport;
    p.flow.src = addr_of(addr_of_container(from, v6));
    p.flow.dst = addr_of(addr_of_container(to, v6));
    p.flow.orig_dst = p.flow.dst;
    return p;
}

/* Echo requests have no port of their own: those of the kind before would be an established flow. */
static void move_to(const char *rules)
{
    struct bench *b = &stage.bench;
    struct mnl_socket *conntrack;
    struct ww_plan *plan = bench_plan(rules, NULL);
    if (ww_kernel_apply_all(b->kernel, plan, stage_fences, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    ww_plan_free(plan);
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &conntrack, &b->err), 0);
    helper_forget_all(conntrack);
    mnl_socket_close(conntrack);
}

/* The packets that arrived; until those have that must. */
static unsigned arrived(int from, int to, unsigned wanted)
{
    unsigned came = 0;
    for (int i = 0; i < BOUND_TRIES && (i == 0 || (came & wanted) != wanted); i++) {
        struct probe probes[PACKETS];
        for (unsigned k = 0; k < PACKETS; k++)
            probes[k] = packet(from, to, 1u << k);
        probe_run(&stage.kit, probes, PACKETS, QUIET_MS);
        for (unsigned k = 0; k < PACKETS; k++)
            came |= (unsigned)probes[k].delivered << k;
    }
    return came;
}

static void expect_kinds(const struct kind *kinds, size_t n, int from, int to)
{
    stage_start_past_the_ip_hooks();
    for (size_t i = 0; i < n; i++) {
        move_to(kinds[i].rules);
        unsigned came = arrived(from, to, kinds[i].passes);
        if (came != kinds[i].passes)
            fail_msg("%s: packets %x arrived, not %x (1: UDP, 4: echo requests, 10: UDP to another port in IPv4; 2, 8, "
                     "20: in IPv6)",
                     kinds[i].name, came, kinds[i].passes);
    }
    stage_start_with(1, 1);
}

static void each_kind_of_inbound_rule_lets_its_packets_through_alone(void **state)
{
    (void)state;
    expect_kinds(inbound, sizeof(inbound) / sizeof(inbound[0]), 2, 1);
}

static void each_kind_of_output_rule_lets_its_packets_through_alone(void **state)
{
    (void)state;
    expect_kinds(outbound, sizeof(outbound) / sizeof(outbound[0]), 0, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_inbound_rule_lets_its_packets_through_alone),
        cmocka_unit_test(each_kind_of_output_rule_lets_its_packets_through_alone),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
