#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/ir/flow.h"
#include "core/ir/text.h"
#include "core/model/protocol.h"
#include "flow_rows.h"

static struct ww_addr addr_of(const char *name, bool v6)
{
    struct ww_addr addr;
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        if (strcmp(nodes[i].name, name) != 0)
            continue;
        assert_int_equal(ww_addr_parse(v6 ? nodes[i].v6 : nodes[i].v4, &addr, NULL), 0);
        return addr;
    }
    fail_msg("no node is called %s", name);
    return (struct ww_addr){0};
}

static void put(struct ww_plan *plan, const char *text)
{
    struct ww_ruleset *rs = NULL;
    struct ww_error err = {0};
    if (!text)
        return;
    if (ww_ruleset_read(text, &rs, &err) < 0)
        fail_msg("%s in\n%s", err.text, text);
    assert_int_equal(ww_plan_set(plan, rs, &err), 0);
    ww_ruleset_unref(rs);
}

static struct ww_flow flow_of(const struct row *row, bool v6)
{
    struct ww_flow flow = {
        .proto = ww_protocol_in(row->proto, v6 ? AF_INET6 : AF_INET),
        .src = addr_of(row->src, v6),
        .sport = row->sport,
        .dst = addr_of(row->dst, v6),
        .dport = row->dport,
        .orig_dst = addr_of(row->orig_dst ? row->orig_dst : row->dst, v6),
        .orig_dport = row->orig_dst ? row->orig_dport : row->dport,
        .from_host = row->flags & FROM_HOST,
        .to_host = row->flags & TO_HOST,
        .orig_dst_host = row->flags & (TO_HOST | ORIG_DST_HOST),
    };
    flow.question = ww_protocol_question(flow.proto);
    if (flow.question && flow.sport) /* rows about ICMP have another question there */
        flow.question = flow.sport;
    if (!ww_protocol_has_ports(flow.proto))
        flow.sport = 0;
    return flow;
}

static void check_origins(const struct row *row, const struct ww_judgement *j)
{
    char origins[64];
    snprintf(origins, sizeof(origins), "%s/%s", j->sender && j->sender->origin ? j->sender->origin : "-",
             j->receiver && j->receiver->origin ? j->receiver->origin : "-");
    if (row->origins && strcmp(origins, row->origins) != 0)
        fail_msg("%s: decided by %s, not %s", row->what, origins, row->origins);
}

static void check_row(const struct row *row, bool v6)
{
    struct ww_plan *plan = ww_plan_new();
    put(plan, row->web);
    put(plan, row->db);
    struct ww_flow flow = flow_of(row, v6);
    struct ww_judgement j = ww_flow_judge(plan, &flow);
    bool allowed = strcmp(row->reason, ALLOWED) == 0 || strcmp(row->reason, UNMANAGED) == 0;
    if (strcmp(j.reason, row->reason) != 0 || j.allowed != allowed || (j.refused_by == NULL) != allowed)
        fail_msg("%s (%s): %s, but expected: %s", row->what, v6 ? "IPv6" : "IPv4", j.reason, row->reason);
    check_origins(row, &j);
    ww_plan_free(plan);
}

static void judges_every_row_in_ipv4(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i], false);
}

static void judges_every_row_in_ipv6(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(&rows[i], true);
}

/* The address that follows from the MAC is the container's, and closed both ways. */
static void link_local_addresses_are_the_containers(void **state)
{
    (void)state;
    struct ww_plan *plan = ww_plan_new();
    put(plan, WEB OUT_ALL);
    struct ww_flow flow = {.proto = IPPROTO_TCP, .sport = 4000, .dport = 80, .orig_dport = 80};
    assert_int_equal(ww_addr_parse("fe80::42:c6ff:fe33:6402", &flow.src, NULL), 0);
    assert_int_equal(ww_addr_parse("fe80::1", &flow.dst, NULL), 0);
    flow.orig_dst = flow.dst;
    struct ww_judgement j = ww_flow_judge(plan, &flow);
    assert_false(j.allowed);
    assert_string_equal(j.reason, "a managed container may not send from a link-local address");
    struct ww_addr swap = flow.src;
    flow.src = flow.dst;
    flow.dst = flow.orig_dst = swap;
    j = ww_flow_judge(plan, &flow);
    assert_false(j.allowed);
    assert_string_equal(j.reason, NO_INPUT);
    assert_string_equal(j.refused_by->name, "web");
    put(plan, WEB "input from any\n");
    assert_false(ww_flow_judge(plan, &flow).allowed);
    ww_plan_free(plan);
}

static void says_when_it_is_only_the_proxy(void **state)
{
    (void)state;
    struct ww_plan *plan = ww_plan_new();
    put(plan, DB "external from any\ninput from host tcp dport 22\n");
    struct ww_flow flow = {.proto = IPPROTO_TCP, .dport = 5432, .orig_dport = 5432, .from_host = true};
    flow.src = addr_of("gw", false);
    flow.dst = flow.orig_dst = addr_of("db", false);
    assert_true(ww_flow_judge(plan, &flow).proxied);
    flow.dport = flow.orig_dport = 22;
    assert_false(ww_flow_judge(plan, &flow).proxied);
    ww_plan_free(plan);
}

/* Asked for one rule only, without the plan that would have found another container's port, or none. */
static void a_rule_matches_only_its_own_host_port(void **state)
{
    (void)state;
    struct ww_ruleset *rs = NULL;
    assert_int_equal(ww_ruleset_read(DB "external from any\n", &rs, NULL), 0);
    struct ww_flow flow = {.proto = IPPROTO_UDP, .dport = 10053, .to_host = true};
    flow.src = addr_of("ext", false);
    flow.dst = addr_of("host", false);
    assert_true(ww_flow_matches(rs, &rs->rules[0], &flow));
    flow.dst = addr_of("gw", false);
    assert_false(ww_flow_matches(rs, &rs->rules[0], &flow));
    flow.dst = addr_of("gw", true);
    assert_false(ww_flow_matches(rs, &rs->rules[0], &flow));
    ww_ruleset_unref(rs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_every_row_in_ipv4),
        cmocka_unit_test(judges_every_row_in_ipv6),
        cmocka_unit_test(link_local_addresses_are_the_containers),
        cmocka_unit_test(says_when_it_is_only_the_proxy),
        cmocka_unit_test(a_rule_matches_only_its_own_host_port),
    };
    return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
