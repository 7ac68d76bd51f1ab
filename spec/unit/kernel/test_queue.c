/*
 * verdict.queue with a real listener and real packets: which packets of a flow come to which of the three queues, and
 * that the listener's word counts. Queues: at the sender 10 new, 11 established in, 12 established out; at the receiver
 * 13, 14, 15. What runs through them is pings: with one identifier they are one flow, from the first request on.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/protocol.h"
#include "helper_netns.h"
#include "helper_queue.h"
#include "helper_stage.h"
#include "spec/unit/ir/helper_generate.h"

#define QUIET_MS 100
#define FIRST 10
#define ROUNDS 2

static struct stage stage;
static struct helper_queue queue;
static bool opened;

static int open_stage(void **state)
{
    (void)state;
    stage_set(&stage, false);
    opened = helper_queue_exists();
    if (opened)
        helper_queue_open(&queue, FIRST);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    if (opened)
        helper_queue_close(&queue);
    stage_strike(&stage);
    return 0;
}

struct row {
    const char *name;
    const char *sender;   /* NULL: not managed */
    const char *receiver; /* NULL: not managed */
    unsigned drop;        /* bit i: the listener drops what comes to queue FIRST + i */
    unsigned seen[HELPER_QUEUES];
    bool delivered[ROUNDS]; /* the request */
    bool answered[ROUNDS];
};

#define OUT "output to any queue 10 est_in 11 est_out 12 origin \"output[0]\"\n"
#define OUT_NEW "output to any queue 10 origin \"output[0]\"\n"
#define OUT_PLAIN "output to any origin \"output[0]\"\n"
#define OUT_UNHEARD "output to any queue 99 origin \"output[0]\"\n"
#define IN "input from any queue 13 est_in 14 est_out 15 origin \"input[0]\"\n"
#define IN_PLAIN "input from any origin \"input[0]\"\n"
#define BOTH                                                                                                           \
    {                                                                                                                  \
        true, true                                                                                                     \
    }
#define NONE                                                                                                           \
    {                                                                                                                  \
        false, false                                                                                                   \
    }
#define FIRST_ONLY                                                                                                     \
    {                                                                                                                  \
        true, false                                                                                                    \
    }
#define DROP(queue) (1U << ((queue)-FIRST))

/* Two rounds each: a request and its reply, and again. To container 1 on the same bridge. */
static const struct row rows[] = {
    {"the listener accepts", OUT, NULL, 0, {1, 2, 1}, BOTH, BOTH},
    {"the listener drops what is new", OUT, NULL, DROP(10), {2}, NONE, NONE},
    {"it drops established packets to the sender", OUT, NULL, DROP(11), {1, 2, 1}, BOTH, NONE},
    {"it drops established packets of the sender", OUT, NULL, DROP(12), {1, 1, 1}, FIRST_ONLY, FIRST_ONLY},
    {"established packets without a queue are accepted", OUT_NEW, NULL, 0, {1}, BOTH, BOTH},
    {"no listener", OUT_UNHEARD, NULL, 0, {0}, NONE, NONE},
    {"a rule without a queue", OUT_PLAIN, NULL, 0, {0}, BOTH, BOTH},
    {"the receiver's listener accepts", NULL, IN, 0, {0, 0, 0, 1, 1, 2}, BOTH, BOTH},
    {"the receiver's drops what is new", NULL, IN, DROP(13), {0, 0, 0, 2}, NONE, NONE},
    {"the receiver's drops established packets to it", NULL, IN, DROP(14), {0, 0, 0, 1, 1, 1}, FIRST_ONLY, FIRST_ONLY},
    {"the receiver's drops its answers", NULL, IN, DROP(15), {0, 0, 0, 1, 1, 2}, BOTH, NONE},
    {"both accept", OUT, IN, 0, {1, 2, 1, 1, 1, 2}, BOTH, BOTH},
    {"the sender's accept does not skip the receiver's drop", OUT, IN, DROP(13), {2, 0, 0, 2}, NONE, NONE},
    {"the sender's drop comes first", OUT, IN, DROP(10), {2}, NONE, NONE},
    {"the receiver refuses before the sender's listener is asked", OUT, "", 0, {0}, NONE, NONE},
    {"the sender refuses before the receiver's listener is asked", "", IN, 0, {0}, NONE, NONE},
    {"only the sender has a queue", OUT, IN_PLAIN, 0, {1, 2, 1}, BOTH, BOTH},
};

/* Container n's ruleset: its endpoint on network 0, and these rules. NULL without rules. */
static const char *ruleset(unsigned n, const char *rules, char ret[static 1024])
{
    struct ww_endpoint_addrs e = gen_endpoint(n, 0);
    char ipv4[WW_ADDR_TEXT], ipv6[WW_ADDR_TEXT], mac[WW_MAC_TEXT];
    if (!rules)
        return NULL;
    snprintf(ret, 1024, "ruleset %064x \"c%u\"\nendpoint %s %s %s\n%s", n, n, ww_addr_text(&e.ipv4, ipv4),
             ww_addr_text(&e.ipv6, ipv6), ww_mac_text(&e.mac, mac), rules);
    return ret;
}

static void apply(const char *sender, const char *receiver)
{
    char a[1024], b[1024];
    const char *first = ruleset(0, sender, a), *second = ruleset(1, receiver, b);
    bench_go(&stage.bench, bench_plan(first ? first : second, first ? second : NULL, NULL));
}

static struct probe ping(int to, int family)
{
    struct ww_endpoint_addrs a = gen_endpoint(0, 0);
    struct ww_endpoint_addrs b = gen_endpoint(1, 0);
    struct probe p = {.from = 0, .to = to};
    p.flow.proto = ww_protocol_in(IPPROTO_ICMP, family);
    p.flow.question = ww_protocol_question(p.flow.proto);
    p.flow.src = family == AF_INET ? a.ipv4 : a.ipv6;
    p.flow.dst = family == AF_INET ? b.ipv4 : b.ipv6;
    if (to == LAB_OUTSIDE)
        assert_int_equal(ww_addr_parse(family == AF_INET ? "203.0.113.5" : "2001:db8:ffff::5", &p.flow.dst, NULL), 0);
    p.flow.orig_dst = p.flow.dst;
    return p;
}

static void try_row(const struct row *row, int to, int family)
{
    struct probe p = ping(to, family);
    const char *place = to == LAB_OUTSIDE ? "the outside" : "a neighbour";
    helper_run("conntrack -F 2>/dev/null");
    apply(row->sender, row->receiver);
    for (unsigned i = 0; i < HELPER_QUEUES; i++) {
        helper_queue_drop(&queue, i, row->drop & 1U << i);
        helper_queue_count(&queue, i);
    }
    for (int round = 0; round < ROUNDS; round++) {
        probe_run(&stage.kit, &p, 1, QUIET_MS);
        if (p.delivered != row->delivered[round] || p.answered != row->answered[round])
            fail_msg("%s, IPv%d, to %s, ping %d: delivered %d, answered %d", row->name, family == AF_INET ? 4 : 6,
                     place, round, p.delivered, p.answered);
    }
    for (unsigned i = 0; i < HELPER_QUEUES; i++) {
        unsigned seen = helper_queue_count(&queue, i);
        if (seen != row->seen[i])
            fail_msg("%s, IPv%d, to %s: %u packets came to queue %u", row->name, family == AF_INET ? 4 : 6, place, seen,
                     FIRST + i);
    }
}

static void the_listeners_word_counts_between_neighbours(void **state)
{
    (void)state;
    if (!opened)
        skip();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        try_row(&rows[i], 1, AF_INET);
        try_row(&rows[i], 1, AF_INET6);
    }
}

static void the_listeners_word_counts_on_the_way_out(void **state)
{
    (void)state;
    if (!opened)
        skip();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].receiver)
            continue;
        try_row(&rows[i], LAB_OUTSIDE, AF_INET);
        try_row(&rows[i], LAB_OUTSIDE, AF_INET6);
    }
}

/* A listener that went away is none: nothing new passes, and the packets of accepted flows without est queues do. */
static void without_its_listener_a_queue_is_closed(void **state)
{
    (void)state;
    if (!opened)
        skip();
    struct probe p = ping(1, AF_INET);
    helper_run("conntrack -F 2>/dev/null");
    apply(OUT_NEW, NULL);
    for (unsigned i = 0; i < HELPER_QUEUES; i++)
        helper_queue_drop(&queue, i, false);
    probe_run(&stage.kit, &p, 1, QUIET_MS);
    assert_true(p.delivered && p.answered);
    helper_queue_close(&queue);
    probe_run(&stage.kit, &p, 1, QUIET_MS);
    assert_true(p.delivered && p.answered);
    helper_run("conntrack -F 2>/dev/null");
    probe_run(&stage.kit, &p, 1, QUIET_MS);
    assert_false(p.delivered);
    helper_queue_open(&queue, FIRST);
    probe_run(&stage.kit, &p, 1, QUIET_MS);
    assert_true(p.delivered && p.answered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_listeners_word_counts_between_neighbours),
        cmocka_unit_test(the_listeners_word_counts_on_the_way_out),
        cmocka_unit_test(without_its_listener_a_queue_is_closed),
    };
    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
