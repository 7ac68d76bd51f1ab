/*
 * What is particular to a protocol that rules name: by which packet a flow of it begins, in table inet and within a
 * bridge. What rules say of it is held against the simulator by test_agreement.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "helper_bound.h"
#include "helper_netns.h"

#define C0                                                                                                             \
    "ruleset 0000000000000000000000000000000000000000000000000000000000000000 \"c0\"\n"                                \
    "endpoint 198.51.100.2 2001:db8:100::2 02:42:00:00:00:00\n"
#define CHUNK_INIT_ACK 2 /* kinds of chunks */
#define CHUNK_HEARTBEAT 4
#define CHUNK_SHUTDOWN_ACK 8
#define CHUNK_COOKIE_ECHO 10

struct row {
    const char *name;
    uint8_t proto;
    uint8_t kind;
    int from;
    int to;
    const char *src;
    const char *dst;
    uint16_t dport;
    bool passes;
};

static bool passes(const struct row *r)
{
    struct probe p = {.from = r->from, .to = r->to, .kind = r->kind};
    p.flow = (struct ww_flow){.proto = r->proto, .dport = r->dport, .dialled_port = r->dport};
    assert_int_equal(ww_addr_parse(r->src, &p.flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse(r->dst, &p.flow.dst, NULL), 0);
    p.flow.dialled = p.flow.dst;
    for (int i = 0; i < (r->passes ? BOUND_TRIES : 1) && !p.delivered; i++) {
        p.flow.sport = stage.port++;
        probe_run(&stage.kit, &p, 1, 100);
    }
    return p.delivered;
}

static void expect(const struct row *rows, size_t n, const char *when)
{
    for (size_t i = 0; i < n; i++)
        if (passes(&rows[i]) != rows[i].passes)
            fail_msg("%s: %s %s", when, rows[i].name, rows[i].passes ? "does not pass" : "passes");
}

/* The table anew with what the bridges' sysctls say now, and c0 with these rules. */
static void begin(int bridge_nf, const char *rules)
{
    struct bench *b = &stage.bench;
    struct ww_plan *plan = bench_plan(rules, NULL);
    helper_run("cd /proc/sys/net/bridge && echo %d >bridge-nf-call-iptables && echo %d >bridge-nf-call-ip6tables",
               bridge_nf, bridge_nf);
    if (ww_kernel_adopt(b->kernel, NULL, &b->err) < 0 ||
        ww_kernel_apply_all(b->kernel, plan, stage_fences, NULL, &b->err) < 0)
        fail_msg("%s", b->err.text);
    ww_plan_free(plan);
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
 * Else who is cut goes on by its next heartbeat, or by that of the other end, which would be a flow of its own there;
 * and the kernel takes up a flow by other chunks, too.
 */
static void an_association_begins_with_an_init(void **state)
{
    (void)state;
    static const char rules[] = C0 "output to any origin \"output[0]\"\n"
                                   "input from any sctp dport 80 origin \"input[0]\"\n";
    static const struct row rows[] = {
        {"out, INIT", IPPROTO_SCTP, 0, 0, 2, "198.51.100.2", "198.51.100.4", 80, true},
        {"out, INIT, IPv6", IPPROTO_SCTP, 0, 0, 2, "2001:db8:100::2", "2001:db8:100::4", 80, true},
        {"out, heartbeat", IPPROTO_SCTP, CHUNK_HEARTBEAT, 0, 2, "198.51.100.2", "198.51.100.4", 80, false},
        {"out, heartbeat, IPv6", IPPROTO_SCTP, CHUNK_HEARTBEAT, 0, 2, "2001:db8:100::2", "2001:db8:100::4", 80, false},
        {"out, cookie", IPPROTO_SCTP, CHUNK_COOKIE_ECHO, 0, 2, "198.51.100.2", "198.51.100.4", 80, false},
        {"out, end", IPPROTO_SCTP, CHUNK_SHUTDOWN_ACK, 0, 2, "198.51.100.2", "198.51.100.4", 80, false},
        {"out, answer", IPPROTO_SCTP, CHUNK_INIT_ACK, 0, 2, "198.51.100.2", "198.51.100.4", 80, false},
        {"in, INIT", IPPROTO_SCTP, 0, 2, 0, "198.51.100.4", "198.51.100.2", 80, true},
        {"in, INIT, IPv6", IPPROTO_SCTP, 0, 2, 0, "2001:db8:100::4", "2001:db8:100::2", 80, true},
        {"in, heartbeat", IPPROTO_SCTP, CHUNK_HEARTBEAT, 2, 0, "198.51.100.4", "198.51.100.2", 80, false},
        {"in, heartbeat, IPv6", IPPROTO_SCTP, CHUNK_HEARTBEAT, 2, 0, "2001:db8:100::4", "2001:db8:100::2", 80, false},
        {"in, cookie", IPPROTO_SCTP, CHUNK_COOKIE_ECHO, 2, 0, "198.51.100.4", "198.51.100.2", 80, false},
        {"others, heartbeat", IPPROTO_SCTP, CHUNK_HEARTBEAT, 2, 3, "198.51.100.4", "198.51.100.5", 80, true},
    };
    expect_twice(rules, rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_association_begins_with_an_init),
    };
    return cmocka_run_group_tests(tests, stage_open, stage_close);
}
