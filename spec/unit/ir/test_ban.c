/* What a ban leaves of a rule: said in rows, and held against the simulator with flows around every edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/ir/ban.h"
#include "core/ir/compiled.h"
#include "core/ir/flow.h"
#include "core/ir/text.h"
#include "spec/unit/addr.h"

#define ALL "0.0.0.0/0,::/0"

static struct ww_rule rule_of(const char *line)
{
    struct ww_rule rule;
    struct ww_error err = {0};
    if (ww_rule_read(line, &rule, &err) < 0)
        fail_msg("%s: %s", line, err.text);
    return rule;
}

static struct ww_ban ban_of(const char *line)
{
    struct ww_ban ban = {.rule = rule_of(line), .reason = strdup("because")};
    struct ww_error err = {0};
    if (ww_ban_settle(&ban, &err) < 0)
        fail_msg("%s: %s", line, err.text);
    return ban;
}

/* 198.51.100.2 and .3; tcp 80 and 443 are published to all, 9000 to the host only. */
static struct ww_ruleset *shell(void)
{
    static const char text[] = "ruleset aaaa \"web\"\n"
                               "endpoint 198.51.100.2 2001:db8::2 -\n"
                               "endpoint 198.51.100.3 - -\n"
                               "publish tcp 80 on 0.0.0.0 port 8080\n"
                               "publish tcp 443 on 0.0.0.0 port 8443\n"
                               "publish tcp 9000 on 127.0.0.1 port 9000\n";
    struct ww_ruleset *rs = NULL;
    assert_int_equal(ww_ruleset_read(text, &rs, NULL), 0);
    return rs;
}

static const struct {
    const char *rule;
    const char *ban;
    const char *left; /* NULL: the ban is not about the rule; lines without their origin */
} rows[] = {
    /* who */
    {"output to any", "output to 192.0.2.1", "output to 0.0.0.0-192.0.2.0,192.0.2.2-255.255.255.255,::/0\n"},
    {"output to 192.0.2.0/30", "output to 192.0.2.1", "output to 192.0.2.0,192.0.2.2/31\n"},
    {"output to 192.0.2.1", "output to 192.0.2.0/24", ""},
    {"output to 192.0.2.1", "output to 192.0.3.0/24", NULL},
    {"output to 192.0.2.1", "output to any", ""},
    {"output to 192.0.2.1", "output to " ALL, ""},
    {"output to any", "output to any", ""},
    {"output to 2001:db8::/126", "output to 2001:db8::1-2001:db8::2", "output to 2001:db8::,2001:db8::3\n"},
    {"output to 255.255.255.254/31", "output to 255.255.255.255", "output to 255.255.255.254\n"},
    {"output to 0.0.0.0/31", "output to 0.0.0.0", "output to 0.0.0.1\n"},
    /* the host, as itself: only what is about everybody is about it, too */
    {"output to host", "output to 192.0.2.1", NULL},
    {"output to host", "output to " ALL, ""},
    {"output to host tcp dport 22", "output to any tcp dport 22", ""},
    /* what */
    {"output to any tcp dport 20-30", "output to any tcp dport 25", "output to any tcp dport 20-24,26-30\n"},
    {"output to any tcp dport 25", "output to any tcp dport 26", NULL},
    {"output to any udp dport 25", "output to any tcp dport 25", NULL},
    {"output to any tcp", "output to any tcp dport 1", "output to any tcp dport 2-65535\n"},
    {"output to any tcp", "output to any tcp dport 65535", "output to any tcp dport 1-65534\n"},
    {"output to any", "output to any tcp dport 2-65535",
     "output to any tcp dport 1\noutput to any udp\noutput to any sctp\noutput to any icmp\n"},
    {"output to any", "output to any icmp", "output to any tcp\noutput to any udp\noutput to any sctp\n"},
    {"output to 192.0.2.1,192.0.2.2 tcp dport 1,2", "output to 192.0.2.1 tcp dport 1",
     "output to 192.0.2.2 tcp dport 1,2\noutput to 192.0.2.1 tcp dport 2\n"},
    {"output to any tcp sport 7 dport 1 log \"l\" chain \"c\"", "output to any tcp dport 2", NULL},
    {"output to any tcp sport 7 dport 1,2 log \"l\" chain \"c\"", "output to any tcp dport 2",
     "output to any tcp sport 7 dport 1 log \"l\" chain \"c\"\n"},
    /* own addresses */
    {"output from 198.51.100.2,198.51.100.3 to 192.0.2.1", "output from 198.51.100.2 to any",
     "output from 198.51.100.3 to 192.0.2.1\n"},
    {"output to 192.0.2.1", "output from 198.51.100.2 to any", "output from 198.51.100.3,2001:db8::2 to 192.0.2.1\n"},
    {"output from 198.51.100.3 to 192.0.2.1", "output from 198.51.100.2 to any", NULL},
    /* inbound */
    {"input from any tcp dport 22", "output to any tcp dport 22", NULL},
    {"output to any", "input from any", NULL},
    {"input consent from 198.51.100.9 to 198.51.100.2 tcp dport 22", "input from 198.51.100.0/24", ""},
    /* the published ports: what is left of them is said by their numbers */
    {"external from any", "input from any tcp dport 443", "input from " ALL " tcp dport 80\n"},
    {"external from any", "input from any tcp dport 22", NULL},
    {"external from any", "input from any", ""},
    {"external from 192.0.2.0/24", "input from 192.0.2.0/25 tcp dport 80",
     "external from 192.0.2.128/25\ninput from 192.0.2.0/25 tcp dport 443\n"},
    {"external from any log \"x\"", "input from 192.0.2.1",
     "external from 0.0.0.0-192.0.2.0,192.0.2.2-255.255.255.255,::/0 log \"x\"\n"},
    {"localhost", "input from any tcp dport 80", "input from host tcp dport 443,9000\n"},
    {"localhost", "input from 127.0.0.1", NULL},
    {"localhost", "input from any", ""},
};

static void write_without_origin(struct ww_rules *rules, struct ww_buf *out)
{
    for (size_t i = 0; i < rules->n; i++) {
        assert_string_equal(rules->items[i].origin, "o, narrowed by p");
        free(rules->items[i].origin);
        rules->items[i].origin = NULL;
        ww_rule_normalize(&rules->items[i]);
        ww_rule_write(&rules->items[i], out);
    }
}

static void leaves_what_it_is_not_about(void **state)
{
    struct ww_ruleset *rs = shell();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_rule rule = rule_of(rows[i].rule);
        struct ww_ban ban = ban_of(rows[i].ban);
        struct ww_rules left = {0};
        struct ww_buf text = {0};
        rule.origin = strdup("o");
        ban.rule.origin = strdup("p");
        int rc = ww_ban_narrow(&ban, rs, &rule, &left);
        write_without_origin(&left, &text);
        const char *said = text.data ? text.data : "";
        if (rc != (rows[i].left ? 1 : 0) || strcmp(said, rows[i].left ? rows[i].left : "") != 0)
            fail_msg("%s without %s: %d\n%s", rows[i].rule, rows[i].ban, rc, said);
        ww_buf_done(&text);
        ww_rules_done(&left);
        ww_rule_done(&rule);
        ww_ban_done(&ban);
    }
    ww_ruleset_unref(rs);
}

/* --- against the simulator */

static const char *const some_rules[] = {
    "output to any",
    "output to 192.0.2.0/30 tcp dport 1-3",
    "output from 198.51.100.2 to 192.0.2.1,192.0.2.3",
    "output to host",
    "external from any",
    "external from 192.0.2.0/30",
    "input from any",
    "input from 192.0.2.1 tcp dport 80,443",
    "input from any udp",
    "localhost",
};

static const char *const some_bans[] = {
    "output to 192.0.2.1",
    "output to 192.0.2.0/31 tcp dport 2",
    "output to any tcp",
    "output from 198.51.100.2 to any udp dport 2",
    "output to any",
    "input from 192.0.2.1-192.0.2.2",
    "input from any tcp dport 80",
    "input from 192.0.2.0/31 tcp dport 443",
    "input from any to 198.51.100.3",
    "input from any icmp",
};

static struct ww_plan *plan_of(const char *rule_line, const char *ban_line)
{
    static const char head[] = "ruleset aaaa \"web\"\nendpoint 198.51.100.2 2001:db8::2 -\nendpoint 198.51.100.3 - -\n"
                               "publish tcp 80 on 0.0.0.0 port 8080\npublish tcp 443 on 0.0.0.0 port 8443\n";
    struct ww_ruleset *sealed = NULL;
    struct ww_ruleset *rs = ww_ruleset_new("aaaa", "web");
    struct ww_plan *plan = ww_plan_new();
    assert_non_null(rs);
    assert_non_null(plan);
    assert_int_equal(ww_ruleset_read(head, &sealed, NULL), 0);
    for (size_t i = 0; i < sealed->n_endpoints; i++)
        ww_ruleset_add_endpoint(rs, &sealed->endpoints[i]);
    for (size_t i = 0; i < sealed->n_published; i++)
        ww_ruleset_add_publish(rs, &sealed->published[i]);
    ww_ruleset_unref(sealed);
    struct ww_rule rule = rule_of(rule_line);
    assert_int_equal(ww_ruleset_add_rule(rs, &rule), 0);
    ww_rule_done(&rule);
    if (ban_line) {
        struct ww_ban ban = ban_of(ban_line);
        assert_int_equal(ww_ruleset_ban(rs, &ban), 0);
        ww_ban_done(&ban);
    }
    assert_int_equal(ww_ruleset_seal(rs, NULL), 0);
    assert_int_equal(ww_plan_set(plan, rs, NULL), 0);
    ww_ruleset_unref(rs);
    return plan;
}

/* The banned traffic as a rule allows it: a flow passes afterwards if it did before, and this does not match it. */
static void check_flow(const char *rule, const char *ban, const struct ww_flow *flow)
{
    struct ww_plan *before = plan_of(rule, NULL);
    struct ww_plan *after = plan_of(rule, ban);
    struct ww_plan *banned = plan_of(ban, NULL);
    bool was = ww_flow_judge(before, flow).allowed;
    bool is = ww_flow_judge(after, flow).allowed;
    bool bad = ww_flow_judge(banned, flow).allowed;
    char src[WW_ADDR_TEXT];
    char dst[WW_ADDR_TEXT];
    bool unnamed = flow->proto == 47; /* no rule can say "all protocols but" */
    if (is != (was && !bad) && !(unnamed && !is))
        fail_msg("%s without %s: %s -> %s proto %d port %d: was %d, banned %d, is %d", rule, ban,
                 ww_addr_text(&flow->src, src), ww_addr_text(&flow->dst, dst), flow->proto, flow->dport, was, bad, is);
    ww_plan_free(before);
    ww_plan_free(after);
    ww_plan_free(banned);
}

static void check_flows(const char *rule, const char *ban)
{
    static const char *const peers[] = {"192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "203.0.113.1"};
    static const char *const own[] = {"198.51.100.2", "198.51.100.3"};
    static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, 47};
    static const uint16_t ports[] = {1, 2, 3, 80, 443, 9000};
    bool out = ban[0] == 'o';
    for (size_t n = 0; n < 5 * 2 * 3 * 6; n++) {
        struct ww_addr peer = addr_of(peers[n % 5]);
        struct ww_addr mine = addr_of(own[n / 5 % 2]);
        struct ww_flow flow = {.proto = protos[n / 10 % 3], .sport = 1024, .dport = ports[n / 30]};
        flow.src = out ? mine : peer;
        flow.dst = out ? peer : mine;
        flow.dport = flow.proto == 47 ? 0 : flow.dport;
        flow.sport = flow.proto == 47 ? 0 : flow.sport;
        flow.orig_dst = flow.dst;
        flow.orig_dport = flow.dport;
        check_flow(rule, ban, &flow);
    }
}

static void stops_exactly_what_it_names(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof(some_rules) / sizeof(some_rules[0]); r++)
        for (size_t b = 0; b < sizeof(some_bans) / sizeof(some_bans[0]); b++)
            check_flows(some_rules[r], some_bans[b]);
}

/* What is left is held against the same refusals again, of a worker's answer, and of each other container's rules. */
static void must_narrow(const struct ww_ban *ban, const struct ww_ruleset *rs, const struct ww_rules *rules,
                        struct ww_rules *ret_left)
{
    struct ww_rules left = {0};
    for (size_t i = 0; i < rules->n; i++) {
        struct ww_rules one = {.items = &rules->items[i], .n = 1};
        size_t before = left.n;
        int rc = ww_ban_narrow(ban, rs, one.items, &left);
        assert_true(rc >= 0 && (rc == 1 || left.n == before));
        if (rc == 1)
            continue;
        left.items = realloc(left.items, (left.n + 1) * sizeof(*left.items));
        assert_non_null(left.items);
        assert_int_equal(ww_rule_copy(one.items, &left.items[left.n++]), 0);
    }
    *ret_left = left;
}

static void check_again(const struct ww_ruleset *rs, const char *line, const char *first, const char *second)
{
    struct ww_rule rule = rule_of(line);
    struct ww_ban bans[] = {ban_of(first), ban_of(second)};
    const struct ww_rules whole = {.items = &rule, .n = 1};
    struct ww_rules middle;
    struct ww_rules left;
    struct ww_rules again = {0};
    must_narrow(&bans[0], rs, &whole, &middle);
    must_narrow(&bans[1], rs, &middle, &left);
    for (size_t k = 0; k < left.n; k++)
        for (size_t b = 0; b < 2; b++)
            if (ww_ban_narrow(&bans[b], rs, &left.items[k], &again) != 0)
                fail_msg("%s without %s and %s: something is left", line, first, second);
    ww_rules_done(&again);
    ww_rules_done(&left);
    ww_rules_done(&middle);
    ww_rule_done(&rule);
    ww_ban_done(&bans[0]);
    ww_ban_done(&bans[1]);
}

static void leaves_nothing_to_take_once_more(void **state)
{
    struct ww_ruleset *rs = shell();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
            check_again(rs, rows[i].rule, rows[i].ban, rows[k].ban);
    ww_ruleset_unref(rs);
}

/* An answer of a worker is refused whose origins are longer, and a rule is copied with its origin for each refusal. */
static void an_origin_names_as_many_as_have_room(void **state)
{
    (void)state;
    char line[256];
    struct ww_ruleset *shell = ww_ruleset_new("aaa", "app");
    assert_non_null(shell);
    struct ww_rule rule = rule_of("output to any tcp origin \"output[0]\"");
    for (int i = 1; i <= 100; i++) {
        struct ww_rules left = {0};
        snprintf(line, sizeof(line), "output to any tcp dport %d origin \"policy-%0100d\"", i, i);
        struct ww_ban ban = ban_of(line);
        assert_int_equal(ww_ban_narrow(&ban, shell, &rule, &left), 1);
        assert_int_equal(left.n, 1);
        ww_rule_done(&rule);
        assert_int_equal(ww_rule_copy(&left.items[0], &rule), 0);
        ww_rules_done(&left);
        ww_ban_done(&ban);
    }
    assert_true(strlen(rule.origin) > WW_LIMIT_ORIGIN / 2 && strlen(rule.origin) <= WW_LIMIT_ORIGIN);
    assert_int_equal(strncmp(rule.origin, "output[0], narrowed by policy-", 30), 0);
    ww_rule_done(&rule);
    ww_ruleset_unref(shell);
}

static void is_refused_where_it_says_too_much(void **state)
{
    static const char *const bad[] = {"external from any",        "localhost",
                                      "output to host",           "output to any tcp sport 1",
                                      "input from any log \"x\"", "input consent from 192.0.2.1"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ww_ban ban = {.rule = rule_of(bad[i]), .reason = strdup("r")};
        struct ww_error err = {0};
        assert_int_equal(ww_ban_settle(&ban, &err), -EINVAL);
        assert_true(err.text[0]);
        ww_ban_done(&ban);
    }
}

static void a_container_keeps_what_it_lost_in_words(void **state)
{
    static const char before[] =
        "rule output from 198.51.100.2 to 192.0.2.1 tcp dport 25,80 origin \"output[0]\"\n"
        "rule output from 198.51.100.2 to 192.0.2.1 tcp dport 25 origin \"output[1]\"\n"
        "consent bbbb input consent from 198.51.100.2 to 192.0.2.1 tcp dport 25,80 origin \"x\"\n"
        "consent cccc input consent from 198.51.100.2 to 192.0.2.9 tcp dport 25 origin \"y\"\n"
        "ban \"no mail\" output to 192.0.2.0/29 tcp dport 25 origin \"mail\"\n";
    static const char after[] =
        "rule output from 198.51.100.2 to 192.0.2.1 tcp dport 80 origin \"output[0], narrowed by mail\"\n"
        "consent bbbb input consent from 198.51.100.2 to 192.0.2.1 tcp dport 80 origin \"x, narrowed by mail\"\n"
        "consent cccc input consent from 198.51.100.2 to 192.0.2.9 tcp dport 25 origin \"y\"\n"
        "note \"output[0]\" \"narrowed by mail: no mail; it was: output from 198.51.100.2 to 192.0.2.1 tcp dport "
        "25,80\"\n"
        "note \"output[1]\" \"refused by mail: no mail; it was: output from 198.51.100.2 to 192.0.2.1 tcp dport 25\"\n"
        "ban \"no mail\" output to 192.0.2.0/29 tcp dport 25 origin \"mail\"\n";
    struct ww_ruleset *rs = shell();
    struct ww_compiled c = {0};
    struct ww_buf out = {0};
    (void)state;
    assert_int_equal(ww_compiled_read(before, &c, NULL), 0);
    assert_int_equal(ww_compiled_apply_bans(&c, rs), 0);
    ww_compiled_write(&c, &out);
    assert_string_equal(out.data, after);
    ww_buf_done(&out);
    ww_compiled_done(&c);
    ww_ruleset_unref(rs);
}

/* `rules` rules of `ports` ports, and as many refusals of another address. The result. */
static int ban_many(int rules, int ports)
{
    struct ww_compiled c = {0};
    struct ww_ruleset *rs = ww_ruleset_new("aaaa", "web");
    assert_non_null(rs);
    for (int i = 0; i < rules; i++) {
        struct ww_rule rule = rule_of("output to 192.0.2.1 tcp dport 1");
        struct ww_ban ban = ban_of("output to 192.0.2.2 tcp dport 1");
        for (int k = 1; k < ports; k++)
            assert_int_equal(ww_rule_add_dport(&rule, (uint16_t)(1 + 2 * k), (uint16_t)(1 + 2 * k)), 0);
        assert_int_equal(ww_compiled_add_rule(&c, &rule), 0);
        assert_int_equal(ww_compiled_add_ban(&c, &ban, NULL), 0);
    }
    int rc = ww_compiled_apply_bans(&c, rs);
    ww_compiled_done(&c);
    ww_ruleset_unref(rs);
    return rc;
}

/* As many as may be, and some more. */
static void holds_no_more_ports_against_refusals_than_it_may(void **state)
{
    (void)state;
    assert_int_equal(ban_many(200, 120), 0);
    assert_int_equal(ban_many(200, 130), -E2BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_what_it_is_not_about),
        cmocka_unit_test(leaves_nothing_to_take_once_more),
        cmocka_unit_test(holds_no_more_ports_against_refusals_than_it_may),
        cmocka_unit_test(stops_exactly_what_it_names),
        cmocka_unit_test(an_origin_names_as_many_as_have_room),
        cmocka_unit_test(is_refused_where_it_says_too_much),
        cmocka_unit_test(a_container_keeps_what_it_lost_in_words),
    };
    return cmocka_run_group_tests_name("ban", tests, NULL, NULL);
}
