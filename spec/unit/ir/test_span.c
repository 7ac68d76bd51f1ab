/* Lists of ports as sets, held against one bit for each port; and long lists, which a container's label may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/ir/span.h"
#include "spec/unit/least_time.h"

#define PORTS 40

static bool has(const struct ww_ports *list, size_t n, unsigned port)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].lo <= port && port <= list[i].hi)
            return true;
    return false;
}

/* Some of the first ports, and those at the very end, sorted. */
static void set_some(struct ww_rule *rule, bool sorted, unsigned *seed)
{
    *rule = (struct ww_rule){0};
    for (int i = rand_r(seed) % 6; i > 0; i--) {
        unsigned lo = 1 + (unsigned)rand_r(seed) % PORTS;
        assert_int_equal(ww_rule_add_dport(rule, (uint16_t)lo, (uint16_t)(lo + (unsigned)rand_r(seed) % 6)), 0);
    }
    if (rand_r(seed) % 4 == 0)
        assert_int_equal(ww_rule_add_dport(rule, UINT16_MAX - (uint16_t)(rand_r(seed) % 3), UINT16_MAX), 0);
    if (sorted)
        ww_rule_normalize(rule);
}

/* Is the port in both? */
static bool compare(const struct ww_rule *a, const struct ww_rule *b, unsigned port)
{
    struct ww_rule rest = {0};
    assert_int_equal(ww_span_ports_without(a->dports, a->n_dports, b->dports, b->n_dports, &rest), 0);
    bool in_a = has(a->dports, a->n_dports, port);
    bool in_b = has(b->dports, b->n_dports, port);
    assert_int_equal(has(rest.dports, rest.n_dports, port), in_a && !in_b);
    ww_rule_done(&rest);
    return in_a && in_b;
}

static void ports_are_in_both_or_in_one(void **state)
{
    (void)state;
    unsigned seed = 1;
    for (int i = 0; i < 2000; i++) {
        struct ww_rule a;
        struct ww_rule b;
        set_some(&a, i % 2, &seed);
        set_some(&b, true, &seed);
        bool meet = false;
        for (unsigned port = 0; port < PORTS + 8; port++)
            meet = compare(&a, &b, port) || meet;
        for (unsigned port = UINT16_MAX - 4; port <= UINT16_MAX; port++)
            meet = compare(&a, &b, port) || meet;
        assert_int_equal(ww_span_ports_meet(a.dports, a.n_dports, b.dports, b.n_dports), meet);
        ww_rule_done(&a);
        ww_rule_done(&b);
    }
}

/* The same of ports as addresses, of both families. */
static void addresses_meet_as_ports_do(void **state)
{
    (void)state;
    unsigned seed = 1;
    for (int i = 0; i < 4000; i++) {
        struct ww_rule lists[2];
        for (int k = 0; k < 2; k++) {
            set_some(&lists[k], k, &seed);
            for (size_t p = 0; p < lists[k].n_dports; p++) {
                const struct ww_ports *ports = &lists[k].dports[p];
                struct ww_addr_range range = {.lo = {.family = i % 2 ? AF_INET : AF_INET6}};
                range.hi = range.lo;
                range.lo.bytes[2] = (uint8_t)(ports->lo >> 8);
                range.lo.bytes[3] = (uint8_t)ports->lo;
                range.hi.bytes[2] = (uint8_t)(ports->hi >> 8);
                range.hi.bytes[3] = (uint8_t)ports->hi;
                assert_int_equal(ww_rule_add_peer(&lists[k], &range), 0);
            }
        }
        assert_int_equal(ww_span_addrs_meet(lists[0].peers, lists[0].n_peers, lists[1].peers, lists[1].n_peers),
                         ww_span_ports_meet(lists[0].dports, lists[0].n_dports, lists[1].dports, lists[1].n_dports));
        ww_rule_done(&lists[0]);
        ww_rule_done(&lists[1]);
    }
}

struct two_lists {
    struct ww_ports *a, *b;
    unsigned n; /* in each */
};

static void look_for_common_ports(void *arg)
{
    const struct two_lists *lists = arg;
    assert_false(ww_span_ports_meet(lists->a, lists->n, lists->b, lists->n));
}

/* For two lists of n ports that have none in common. */
static int64_t time_of_lists(unsigned n)
{
    struct two_lists lists = {calloc(n, sizeof(*lists.a)), calloc(n, sizeof(*lists.b)), n};
    assert_true(lists.a && lists.b);
    for (unsigned i = 0; i < n; i++) {
        lists.a[i] = (struct ww_ports){(uint16_t)(2 * i + 1), (uint16_t)(2 * i + 1)};
        lists.b[i] = (struct ww_ports){(uint16_t)(2 * i + 2), (uint16_t)(2 * i + 2)};
    }
    int64_t least = least_time(look_for_common_ports, &lists);
    free(lists.a);
    free(lists.b);
    return least;
}

/* Sixteen times as many take about twenty times as long; held one against the other it would be 256 times. */
static void long_lists_of_ports_meet_soon(void **state)
{
    (void)state;
    int64_t few = time_of_lists(2000);
    int64_t many = time_of_lists(32000);
    if (many > 100 * few)
        fail_msg("2000 ports take %lld ns, 32000 %lld ns", (long long)few, (long long)many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_are_in_both_or_in_one),
        cmocka_unit_test(addresses_meet_as_ports_do),
        cmocka_unit_test(long_lists_of_ports_meet_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
