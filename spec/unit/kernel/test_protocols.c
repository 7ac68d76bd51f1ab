/*
 * What is particular to a protocol that rules name: by which packet a flow of it begins, in table inet and within a
 * bridge. What rules say of it is held against the simulator by test_agreement.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "core/kernel/netlink/ask.h"
#include "core/model/protocol.h"
#include "helper_bound.h"
#include "helper_netns.h"
#include "helper_tracked.h"

#define ID0 "0000000000000000000000000000000000000000000000000000000000000000"
#define C0                                                                                                             \
    "ruleset " ID0 " \"c0\"\n"                                                                                         \
    "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n"
#define CHUNK_INIT_ACK 2 /* kinds of chunks */
#define CHUNK_HEARTBEAT 4
#define CHUNK_SHUTDOWN_ACK 8
#define CHUNK_COOKIE_ECHO 10

#define ECHO4 0x0800 /* type and code */
#define ECHO6 0x8000
#define TIMESTAMP 0x0d00
#define NODES6 0x8b00

struct row {
    const char *name;
    uint8_t proto;
    uint16_t kind; /* SCTP: chunk; ICMP: type and code */
    int from;
    int to;
    const char *src;
    const char *dst;
    uint16_t dport;
    bool passes;
    uint16_t checksum;
};

/* No node answers what is not the usual beginning. */
static bool is_over(const struct row *r, const struct probe *p)
{
    bool usual = r->kind == ww_protocol_question(r->proto);
    return p->delivered && (p->answered || !usual);
}

/* And is it answered? */
static bool passes(const struct row *r)
{
    struct probe p = {.from = r->from, .to = r->to, .kind = (uint8_t)r->kind, .checksum = r->checksum};
    p.flow = (struct ww_flow){.proto = r->proto, .question = r->kind, .dport = r->dport, .orig_dport = r->dport};
    assert_int_equal(ww_addr_parse(r->src, &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse(r->dst, &p.flow.dst, NULL), 0);
    p.flow.orig_dst = p.flow.dst;
    for (int i = 0; i < (r->passes ? BOUND_TRIES : 1) && !is_over(r, &p); i++) {
        p.flow.sport = stage.port++;
        probe_run(&stage.kit, &p, 1, 100);
    }
    return r->passes ? is_over(r, &p) : p.delivered;
}

static void expect(const struct row *rows, size_t n, const char *when)
{
    for (size_t i = 0; i < n; i++)
        if (passes(&rows[i]) != rows[i].passes)
            fail_msg("%s: %s %s", when, rows[i].name, rows[i].passes ? "does not pass" : "passes");
}

/* The table anew with what the bridges' sysctls say now, c0 with these rules, and no flow that began before. */
static void begin(int bridge_nf, const char *rules)
{
    struct bench *b = &stage.bench;
    struct mnl_socket *conntrack;
    struct ww_plan *plan = bench_plan(rules, NULL);
    helper_run("cd /proc/sys/net/bridge && echo %d >bridge-nf-call-iptables && echo %d >bridge-nf-call-ip6tables",
               bridge_nf, bridge_nf);
    if (ww_kernel_adopt(b->kernel, NULL, &b->err) < 0 ||
        ww_kernel_apply_all(b->kernel, plan, stage_fences, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    ww_plan_free(plan);
    assert_int_equal(ww_ask_open(NETLINK_NETFILTER, &conntrack, &b->err), 0);
    helper_forget_all(conntrack);
    mnl_socket_close(conntrack);
}

/* In table inet; and within a bridge, where the kernel tracks connections there. */
static void expect_twice(const char *rules, const struct row *rows, size_t n)
{
    begin(0, rules);
    if (ww_kernel_sees_bridged(stage.bench.kernel, AF_INET))
        expect(rows, n, "bridge-nf 0");
    else
        print_message("this kernel does not track connections within bridges (CONFIG_NF_CONNTRACK_BRIDGE)\n");
    begin(1, rules);
    expect(rows, n, "bridge-nf 1");
    helper_run("nft list ruleset | nft -c -f -");
}

/*
 * Else a flow that is cut goes on by its next heartbeat, or by that of the other end, which would be a flow of its own
 * there; and the kernel takes up a flow by other chunks, too.
 */
static void an_association_begins_with_an_init(void **state)
{
    (void)state;
    static const char rules[] = C0 "output to any origin \"output[0]\"\n"
                                   "input from any sctp dport 80 origin \"input[0]\"\n";
    static const struct row rows[] = {
        {"out, INIT", IPPROTO_SCTP, 0, 0, 2, "198.51.100.2", "198.51.100.4", 80, true, 0},
        {"out, INIT, IPv6", IPPROTO_SCTP, 0, 0, 2, "2001:db8:100::2", "2001:db8:100::4", 80, true, 0},
        {"out, heartbeat", IPPROTO_SCTP, CHUNK_HEARTBEAT, 0, 2, "198.51.100.2", "198.51.100.4", 80, false, 0},
        {"out, heartbeat, IPv6", IPPROTO_SCTP, CHUNK_HEARTBEAT, 0, 2, "2001:db8:100::2", "2001:db8:100::4", 80, false,
         0},
        {"out, cookie", IPPROTO_SCTP, CHUNK_COOKIE_ECHO, 0, 2, "198.51.100.2", "198.51.100.4", 80, false, 0},
        {"out, end", IPPROTO_SCTP, CHUNK_SHUTDOWN_ACK, 0, 2, "198.51.100.2", "198.51.100.4", 80, false, 0},
        {"out, answer", IPPROTO_SCTP, CHUNK_INIT_ACK, 0, 2, "198.51.100.2", "198.51.100.4", 80, false, 0},
        {"in, INIT", IPPROTO_SCTP, 0, 2, 0, "198.51.100.4", "198.51.100.2", 80, true, 0},
        {"in, INIT, IPv6", IPPROTO_SCTP, 0, 2, 0, "2001:db8:100::4", "2001:db8:100::2", 80, true, 0},
        {"in, heartbeat", IPPROTO_SCTP, CHUNK_HEARTBEAT, 2, 0, "198.51.100.4", "198.51.100.2", 80, false, 0},
        {"in, heartbeat, IPv6", IPPROTO_SCTP, CHUNK_HEARTBEAT, 2, 0, "2001:db8:100::4", "2001:db8:100::2", 80, false,
         0},
        {"in, cookie", IPPROTO_SCTP, CHUNK_COOKIE_ECHO, 2, 0, "198.51.100.4", "198.51.100.2", 80, false, 0},
        {"unmanaged, heartbeat", IPPROTO_SCTP, CHUNK_HEARTBEAT, 2, 3, "198.51.100.4", "198.51.100.5", 80, true, 0},
    };
    expect_twice(rules, rows, sizeof(rows) / sizeof(rows[0]));
}

/* The checksum stands where other protocols have the port that is dialled, and a rule's element has an echo request's
 * type there. */
static void an_icmp_rule_is_about_echo_requests(void **state)
{
    (void)state;
    static const char rules[] = C0 "output to any icmp origin \"output[0]\"\n"
                                   "output to 198.51.100.5,2001:db8:100::5 icmp origin \"output[1]\"\n"
                                   "input from any icmp origin \"input[0]\"\n"
                                   "input from 198.51.100.5,2001:db8:100::5 icmp origin \"input[1]\"\n";
    static const struct row rows[] = {
        {"out, echo", IPPROTO_ICMP, ECHO4, 0, 2, "198.51.100.2", "198.51.100.4", 0, true, 0},
        {"out, echo, IPv6", IPPROTO_ICMPV6, ECHO6, 0, 2, "2001:db8:100::2", "2001:db8:100::4", 0, true, 0},
        {"out, timestamp", IPPROTO_ICMP, TIMESTAMP, 0, 2, "198.51.100.2", "198.51.100.4", 0, false, 0},
        {"out, timestamp with a checksum", IPPROTO_ICMP, TIMESTAMP, 0, 2, "198.51.100.2", "198.51.100.4", 0, false,
         ECHO4},
        {"out, the same, to one", IPPROTO_ICMP, TIMESTAMP, 0, 3, "198.51.100.2", "198.51.100.5", 0, false, ECHO4},
        {"out, echo with a code", IPPROTO_ICMP, ECHO4 | 1, 0, 2, "198.51.100.2", "198.51.100.4", 0, false, 0},
        {"out, node query", IPPROTO_ICMPV6, NODES6, 0, 2, "2001:db8:100::2", "2001:db8:100::4", 0, false, 0},
        {"out, tcp", IPPROTO_TCP, 0, 0, 2, "198.51.100.2", "198.51.100.4", 80, false, 0},
        {"out, tcp to its number", IPPROTO_TCP, 0, 0, 2, "198.51.100.2", "198.51.100.4", ECHO4, false, 0},
        {"out, udp, IPv6", IPPROTO_UDP, 0, 0, 2, "2001:db8:100::2", "2001:db8:100::4", ECHO6, false, 0},
        {"in, echo", IPPROTO_ICMP, ECHO4, 2, 0, "198.51.100.4", "198.51.100.2", 0, true, 0},
        {"in, echo, IPv6", IPPROTO_ICMPV6, ECHO6, 2, 0, "2001:db8:100::4", "2001:db8:100::2", 0, true, 0},
        {"in, timestamp", IPPROTO_ICMP, TIMESTAMP, 2, 0, "198.51.100.4", "198.51.100.2", 0, false, 0},
        {"in, timestamp with a checksum", IPPROTO_ICMP, TIMESTAMP, 2, 0, "198.51.100.4", "198.51.100.2", 0, false,
         ECHO4},
        {"in, the same, from one", IPPROTO_ICMP, TIMESTAMP, 3, 0, "198.51.100.5", "198.51.100.2", 0, false, ECHO4},
        {"in, node query", IPPROTO_ICMPV6, NODES6, 2, 0, "2001:db8:100::4", "2001:db8:100::2", 0, false, 0},
        {"unmanaged, timestamp", IPPROTO_ICMP, TIMESTAMP, 2, 3, "198.51.100.4", "198.51.100.5", 0, true, ECHO4},
        {"unmanaged, node query", IPPROTO_ICMPV6, NODES6, 2, 3, "2001:db8:100::4", "2001:db8:100::5", 0, true, 0},
    };
    static const struct row host[] = {
        {"to the host, echo", IPPROTO_ICMP, ECHO4, 0, LAB_HOST, "198.51.100.2", "198.51.100.1", 0, true, 0},
        {"to the host, timestamp", IPPROTO_ICMP, TIMESTAMP, 0, LAB_HOST, "198.51.100.2", "198.51.100.1", 0, false,
         ECHO4},
        {"from the host, echo", IPPROTO_ICMP, ECHO4, LAB_HOST, 0, "198.51.100.1", "198.51.100.2", 0, true, 0},
        {"from the host, timestamp", IPPROTO_ICMP, TIMESTAMP, LAB_HOST, 0, "198.51.100.1", "198.51.100.2", 0, false,
         ECHO4},
    };
    static const char by_host[] =
        C0 "output to host icmp origin \"output[0]\"\ninput from host icmp origin \"input[0]\"\n";
    expect_twice(rules, rows, sizeof(rows) / sizeof(rows[0]));
    expect(host, sizeof(host) / sizeof(host[0]), "rules about any peer");
    begin(1, by_host);
    expect(host, sizeof(host) / sizeof(host[0]), "rules about the host");
}

/* In chains, of packets and, behind a chain that returns them, of flows. */
static void in_chains_it_is_the_same(void **state)
{
    (void)state;
    static const char logged[] =
        C0 "output to 198.51.100.0/24,2001:db8:100::/64 icmp log \"ping\" origin \"output[0]\"\n"
           "input from 198.51.100.0/24,2001:db8:100::/64 icmp log \"ping\" origin \"input[0]\"\n";
    static const char returned[] = C0 "input from any chain \"inspect\" origin \"input[0]\"\n"
                                      "input from 198.51.100.0/24,2001:db8:100::/64 icmp origin \"input[1]\"\n";
    static const struct row rows[] = {
        {"in, echo", IPPROTO_ICMP, ECHO4, 2, 0, "198.51.100.4", "198.51.100.2", 0, true, 0},
        {"in, echo, IPv6", IPPROTO_ICMPV6, ECHO6, 2, 0, "2001:db8:100::4", "2001:db8:100::2", 0, true, 0},
        {"in, timestamp", IPPROTO_ICMP, TIMESTAMP, 2, 0, "198.51.100.4", "198.51.100.2", 0, false, ECHO4},
        {"in, echo with a code", IPPROTO_ICMP, ECHO4 | 1, 2, 0, "198.51.100.4", "198.51.100.2", 0, false, 0},
        {"in, node query", IPPROTO_ICMPV6, NODES6, 2, 0, "2001:db8:100::4", "2001:db8:100::2", 0, false, 0},
        {"in, tcp", IPPROTO_TCP, 0, 2, 0, "198.51.100.4", "198.51.100.2", ECHO4, false, 0},
        {"in, echo from elsewhere", IPPROTO_ICMP, ECHO4, 2, 0, "198.51.101.4", "198.51.100.2", 0, false, 0},
    };
    static const struct row out[] = {
        {"out, echo", IPPROTO_ICMP, ECHO4, 0, 2, "198.51.100.2", "198.51.100.4", 0, true, 0},
        {"out, echo, IPv6", IPPROTO_ICMPV6, ECHO6, 0, 2, "2001:db8:100::2", "2001:db8:100::4", 0, true, 0},
        {"out, timestamp", IPPROTO_ICMP, TIMESTAMP, 0, 2, "198.51.100.2", "198.51.100.4", 0, false, ECHO4},
        {"out, node query", IPPROTO_ICMPV6, NODES6, 0, 2, "2001:db8:100::2", "2001:db8:100::4", 0, false, 0},
    };
    expect_twice(logged, rows, sizeof(rows) / sizeof(rows[0]));
    expect_twice(logged, out, sizeof(out) / sizeof(out[0]));
    helper_run("nft add chain inet whalewall inspect");
    begin(1, returned);
    expect(rows, sizeof(rows) / sizeof(rows[0]), "behind a chain");
    begin(1, C0);
    helper_run("nft delete chain inet whalewall inspect");
}

static int check_sctp(const char *rules, struct ww_error *err)
{
    struct ww_plan *plan = bench_plan(rules, NULL);
    int rc = ww_kernel_check(stage.bench.kernel, ww_plan_get(plan, ID0), err);
    ww_plan_free(plan);
    return rc;
}

/* As a kernel that tracks nothing of SCTP: what it would have for that is not there. */
static void hide_sctp(void)
{
    assert_int_equal(unshare(CLONE_NEWNS), 0);
    assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    assert_int_equal(mount("none", "/proc/sys/net/netfilter", "tmpfs", 0, NULL), 0);
}

static void sctp_needs_a_kernel_that_tracks_it(void **state)
{
    (void)state;
    static const char named[] = C0 "output to any sctp dport 80 origin \"output[0]\"\n";
    struct ww_error err = {0};
    assert_int_equal(check_sctp(named, &err), 0);
    hide_sctp();
    assert_int_equal(check_sctp(named, &err), 0); /* not known */
    helper_run("echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established");
    assert_int_equal(check_sctp(named, &err), -EOPNOTSUPP);
    assert_non_null(strstr(err.text, "rule 'output[0]' is about ports of SCTP, which this kernel does not tell apart"));
    assert_int_equal(check_sctp(C0 "input consent from 198.51.100.4 sctp dport 80 origin \"output[0] of c2\"\n", &err),
                     0);
    assert_int_equal(check_sctp(C0 "output to any tcp dport 80 origin \"output[0]\"\n", &err), 0);
    helper_run("echo 1 >/proc/sys/net/netfilter/nf_conntrack_sctp_timeout_established");
    assert_int_equal(check_sctp(named, &err), 0);
    assert_int_equal(umount("/proc/sys/net/netfilter"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_association_begins_with_an_init),
        cmocka_unit_test(an_icmp_rule_is_about_echo_requests),
        cmocka_unit_test(in_chains_it_is_the_same),
        cmocka_unit_test(sctp_needs_a_kernel_that_tracks_it),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
