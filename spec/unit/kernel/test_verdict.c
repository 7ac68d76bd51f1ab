/*
 * Verdicts with real packets: user chains see new and established packets of the flow in both directions, cannot skip
 * the other side's judgement, and what returns from them goes on with the next rule.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "helper_netns.h"
#include "helper_stage.h"
#include "spec/unit/ir/helper_generate.h"

#define QUIET_MS 100

static struct stage stage;

static int open_stage(void **state)
{
    stage_set(&stage, true);
    helper_run("nft -f - <<'E'\ntable inet whalewall {\n"
               "  counter sent {}\n  counter answered {}\n"
               "  chain count { ct direction original counter name sent return; counter name answered; }\n"
               "  chain let { jump count; accept; }\n"
               "  chain refuse { jump count; drop; }\n"
               "  chain pass { jump count; }\n"
               "  chain let-new { jump count; ct state new accept; drop; }\n}\nE");
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_strike(&stage);
    return 0;
}

/* The head of container n's ruleset: its endpoint on network 0. */
static void head(unsigned n, char ret[static 256])
{
    struct ww_endpoint_addrs e = gen_endpoint(n, 0);
    char ipv4[WW_ADDR_TEXT], ipv6[WW_ADDR_TEXT], mac[WW_MAC_TEXT];
    snprintf(ret, 256, "ruleset %064x \"c%u\"\nendpoint %s %s %s\n", n, n, ww_addr_text(&e.ipv4, ipv4),
             ww_addr_text(&e.ipv6, ipv6), ww_mac_text(&e.mac, mac));
}

static struct ww_plan *plan_of(const char *sender, const char *receiver)
{
    char a[1024], b[1024], h[256];
    head(0, h);
    snprintf(a, sizeof(a), "%s%s", h, sender);
    head(1, h);
    snprintf(b, sizeof(b), "%s%s", h, receiver ? receiver : "");
    return receiver ? bench_plan(a, b, NULL) : bench_plan(a, NULL);
}

/* From container 0 to container 1 on the same bridge, port 80. */
static struct probe from_0_to_1(uint8_t proto, int family, uint16_t sport)
{
    struct ww_endpoint_addrs a = gen_endpoint(0, 0);
    struct ww_endpoint_addrs b = gen_endpoint(1, 0);
    struct probe p = {.from = 0, .to = 1};
    p.flow = (struct ww_flow){.proto = proto, .sport = sport, .dport = 80, .orig_dport = 80};
    p.flow.src = family == AF_INET ? a.ipv4 : a.ipv6;
    p.flow.dst = p.flow.orig_dst = family == AF_INET ? b.ipv4 : b.ipv6;
    return p;
}

static unsigned long counted(const char *name)
{
    char command[128];
    snprintf(command, sizeof(command), "nft reset counter inet whalewall %s | grep -o 'packets [0-9]*'", name);
    char *text = helper_output(command);
    unsigned long n = strtoul(text + strlen("packets "), NULL, 10);
    free(text);
    return n;
}

struct row {
    const char *name;
    const char *sender;
    const char *receiver; /* NULL: not managed */
    bool delivered;
    bool answered;
    unsigned sent; /* packets of the flow's direction that user chains saw, for each flow */
    unsigned answers;
};

#define OUT(chain) "output to any tcp dport 80 chain \"" chain "\" origin \"output[0]\"\n"
#define IN(chain) "input from any tcp dport 80 chain \"" chain "\" origin \"input[0]\"\n"
#define IN_PLAIN "input from any tcp dport 80 origin \"input[1]\"\n"
#define OUT_PLAIN "output to any tcp dport 80 origin \"output[1]\"\n"
#define OUT_OTHER "output to any tcp dport 81 origin \"output[1]\"\n"

static const struct row rows[] = {
    {"a chain that accepts", OUT("let"), NULL, true, true, 1, 1},
    {"a chain that drops", OUT("refuse"), NULL, false, false, 1, 0},
    {"a chain that returns, and no more rules", OUT("pass"), NULL, false, false, 1, 0},
    {"a chain that returns to a rule that matches", OUT("pass") OUT_PLAIN, NULL, true, true, 1, 1},
    {"a chain that returns to a rule that does not match", OUT("pass") OUT_OTHER, NULL, false, false, 1, 0},
    {"a chain that returns to another chain", OUT("pass") OUT("let"), NULL, true, true, 2, 2},
    {"a chain that drops what is established", OUT("let-new"), NULL, true, false, 1, 1},
    {"the receiver's chain accepts", OUT_PLAIN, IN("let"), true, true, 1, 1},
    {"the receiver's chain drops", OUT_PLAIN, IN("refuse"), false, false, 1, 0},
    {"the receiver's chain returns to a rule", OUT_PLAIN, IN("pass") IN_PLAIN, true, true, 1, 1},
    {"both accept", OUT("let"), IN("let"), true, true, 2, 2},
    {"the sender's accept does not skip the receiver's drop", OUT("let"), IN("refuse"), false, false, 2, 0},
    {"the sender's drop comes first", OUT("refuse"), IN("let"), false, false, 1, 0},
    {"the receiver refuses before the sender's chain counts", OUT("let"), "", false, false, 0, 0},
};

static void try_row(const struct row *row, unsigned round)
{
    struct probe probes[2] = {from_0_to_1(IPPROTO_TCP, AF_INET, (uint16_t)(40000 + round)),
                              from_0_to_1(IPPROTO_TCP, AF_INET6, (uint16_t)(40000 + round))};
    bench_go(&stage.bench, plan_of(row->sender, row->receiver));
    counted("sent");
    counted("answered");
    probe_run(&stage.kit, probes, 2, QUIET_MS);
    for (size_t i = 0; i < 2; i++)
        if (probes[i].delivered != row->delivered || probes[i].answered != row->answered)
            fail_msg("%s, IPv%d: delivered %d, answered %d", row->name, i ? 6 : 4, probes[i].delivered,
                     probes[i].answered);
    unsigned long sent = counted("sent");
    unsigned long answers = counted("answered");
    if (sent != 2 * row->sent || answers != 2 * row->answers)
        fail_msg("%s: user chains saw %lu packets sent and %lu answers", row->name, sent, answers);
}

static void user_chains_decide_about_both_directions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        try_row(&rows[i], i);
    bench_go(&stage.bench, bench_plan(NULL, NULL));
}

/* Their flows have labels, too, and are not looked at any more. */
static void other_flows_do_not_see_user_chains(void **state)
{
    (void)state;
    struct probe p = from_0_to_1(IPPROTO_UDP, AF_INET, 41000);
    bench_go(&stage.bench, plan_of(OUT("refuse") "output to any udp dport 80 origin \"output[1]\"\n", NULL));
    counted("sent");
    probe_run(&stage.kit, &p, 1, QUIET_MS);
    assert_true(p.delivered && p.answered);
    assert_int_equal(counted("sent"), 0);
}

/* c0 sends to the host, or the host to c1; `rules` are the container's. */
struct host_row {
    const char *name;
    const char *rules;
    bool to_host;
    bool delivered;
    bool answered;
    unsigned sent;
    unsigned answers;
};

#define TO_HOST(chain) "output to host tcp dport 80 chain \"" chain "\" origin \"output[0]\"\n"
#define FROM_HOST(chain) "input from host tcp dport 80 chain \"" chain "\" origin \"input[0]\"\n"

static const struct host_row host_rows[] = {
    {"to the host, accepted", TO_HOST("let"), true, true, true, 1, 1},
    {"to the host, dropped", TO_HOST("refuse"), true, false, false, 1, 0},
    {"to the host, its answer dropped", TO_HOST("let-new"), true, true, false, 1, 1},
    {"from the host, accepted", FROM_HOST("let"), false, true, true, 1, 1},
    {"from the host, dropped", FROM_HOST("refuse"), false, false, false, 1, 0},
    {"from the host, its answer dropped", FROM_HOST("let-new"), false, true, false, 1, 1},
};

static void try_host_row(const struct host_row *row, uint16_t sport)
{
    struct probe p = from_0_to_1(IPPROTO_TCP, AF_INET, sport);
    struct ww_addr host;
    char text[1024], h[256];
    assert_int_equal(ww_addr_parse("198.51.100.1", &host, NULL), 0);
    if (row->to_host) {
        p.to = LAB_HOST;
        p.flow.dst = p.flow.orig_dst = host;
    } else {
        p.from = LAB_HOST;
        p.flow.src = host;
    }
    head(row->to_host ? 0 : 1, h);
    snprintf(text, sizeof(text), "%s%s", h, row->rules);
    bench_go(&stage.bench, bench_plan(text, NULL));
    counted("sent");
    counted("answered");
    probe_run(&stage.kit, &p, 1, QUIET_MS);
    unsigned long sent = counted("sent");
    unsigned long answers = counted("answered");
    if (p.delivered != row->delivered || p.answered != row->answered || sent != row->sent || answers != row->answers)
        fail_msg("%s: delivered %d, answered %d; user chains saw %lu sent and %lu answers", row->name, p.delivered,
                 p.answered, sent, answers);
}

static void user_chains_decide_about_the_hosts_flows_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(host_rows) / sizeof(host_rows[0]); i++)
        try_host_row(&host_rows[i], (uint16_t)(42000 + i));
    bench_go(&stage.bench, bench_plan(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(user_chains_decide_about_both_directions),
        cmocka_unit_test(other_flows_do_not_see_user_chains),
        cmocka_unit_test(user_chains_decide_about_the_hosts_flows_too),
    };
    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
