#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/ir/rule.h"
#include "core/ir/text.h"
#include "spec/unit/addr.h"

/* An address range whose ends are not checked. */
static void add_peer(struct ww_rule *rule, const char *lo, const char *hi)
{
    struct ww_addr_range range = {.lo = addr_of(lo), .hi = addr_of(hi)};
    assert_int_equal(ww_rule_add_peer(rule, &range), 0);
}

static void add_text_peer(struct ww_rule *rule, const char *text)
{
    struct ww_addr_range range;
    assert_int_equal(ww_addr_range_parse(text, &range, NULL), 0);
    assert_int_equal(ww_rule_add_peer(rule, &range), 0);
}

static void make_empty_list(struct ww_rule *r)
{
    r->peer = WW_PEER_ADDRS;
}

static void make_list_for_anybody(struct ww_rule *r)
{
    add_text_peer(r, "192.0.2.1");
}

static void make_reversed_range(struct ww_rule *r)
{
    r->peer = WW_PEER_ADDRS;
    add_peer(r, "192.0.2.9", "192.0.2.1");
}

static void make_second_range_reversed(struct ww_rule *r)
{
    r->peer = WW_PEER_ADDRS;
    add_text_peer(r, "192.0.2.1");
    add_peer(r, "192.0.2.9", "192.0.2.8");
}

static void make_two_families(struct ww_rule *r)
{
    r->peer = WW_PEER_ADDRS;
    add_peer(r, "192.0.2.9", "2001:db8::1");
}

static void make_mapped_end(struct ww_rule *r)
{
    struct ww_addr_range range;
    r->peer = WW_PEER_ADDRS;
    assert_int_equal(ww_addr_range_parse("::fffe:0:0/95", &range, NULL), 0);
    assert_int_equal(ww_rule_add_peer(r, &range), 0);
}

static void make_empty_peer(struct ww_rule *r)
{
    struct ww_addr_range range = {0};
    r->peer = WW_PEER_ADDRS;
    assert_int_equal(ww_rule_add_peer(r, &range), 0);
}

static void make_empty_own(struct ww_rule *r)
{
    struct ww_addr addr = {0};
    assert_int_equal(ww_rule_add_own(r, &addr), 0);
}

static void make_localhost_with_peers(struct ww_rule *r)
{
    r->side = WW_LOCALHOST;
    r->peer = WW_PEER_ADDRS;
    add_text_peer(r, "192.0.2.1");
}

static void make_external_host(struct ww_rule *r)
{
    r->side = WW_EXTERNAL;
    r->peer = WW_PEER_HOST;
}

static void make_external_ports(struct ww_rule *r)
{
    r->side = WW_EXTERNAL;
    r->proto = IPPROTO_TCP;
}

static void make_ports_without_proto(struct ww_rule *r)
{
    assert_int_equal(ww_rule_add_dport(r, 80, 80), 0);
}

static void make_gre(struct ww_rule *r)
{
    r->proto = IPPROTO_GRE;
}

static void make_port_zero(struct ww_rule *r)
{
    r->proto = IPPROTO_TCP;
    assert_int_equal(ww_rule_add_dport(r, 0, 80), 0);
}

static void make_reversed_ports(struct ww_rule *r)
{
    r->proto = IPPROTO_UDP;
    assert_int_equal(ww_rule_add_sport(r, 90, 80), 0);
}

static void make_output_consent(struct ww_rule *r)
{
    r->consent = true;
}

static void make_chain_without_name(struct ww_rule *r)
{
    r->verdict.kind = WW_CHAIN;
}

static void make_bad_chain(struct ww_rule *r)
{
    r->verdict.kind = WW_CHAIN;
    r->verdict.chain = strdup("a b");
}

static void make_digit_chain(struct ww_rule *r)
{
    r->verdict.kind = WW_CHAIN;
    r->verdict.chain = strdup("8ball");
}

static void make_long_chain(struct ww_rule *r)
{
    r->verdict.kind = WW_CHAIN;
    r->verdict.chain = calloc(1, 129);
    memset(r->verdict.chain, 'a', 128);
}

static void make_chain_with_queue(struct ww_rule *r)
{
    r->verdict = (struct ww_verdict){.kind = WW_CHAIN, .chain = strdup("a"), .est_in = 1};
}

static void make_accept_with_chain(struct ww_rule *r)
{
    r->verdict.chain = strdup("a");
}

static void make_accept_with_queue(struct ww_rule *r)
{
    r->verdict.queue = 1;
}

static void make_queue_zero(struct ww_rule *r)
{
    r->verdict = (struct ww_verdict){.kind = WW_QUEUE, .est_in = 1};
}

static void make_queue_with_chain(struct ww_rule *r)
{
    r->verdict = (struct ww_verdict){.kind = WW_QUEUE, .queue = 1, .chain = strdup("a")};
}

static void make_long_list(struct ww_rule *r)
{
    r->proto = IPPROTO_TCP;
    for (unsigned i = 0; i <= WW_LIMIT_LIST; i++)
        assert_int_equal(ww_rule_add_dport(r, (uint16_t)(2 * i + 1), (uint16_t)(2 * i + 1)), 0);
}

static void make_unknown_side(struct ww_rule *r)
{
    r->side = (enum ww_side)9;
}

static void refuses_what_contradicts_itself(void **state)
{
    static const struct {
        void (*make)(struct ww_rule *r);
        const char *message;
    } rows[] = {
        {make_empty_list, "the peer is a list of addresses, but the list is empty"},
        {make_list_for_anybody, "a list of peer addresses for a peer that is not one"},
        {make_reversed_range, "address range 192.0.2.9-192.0.2.1 starts after its end"},
        {make_second_range_reversed, "address range 192.0.2.9-192.0.2.8 starts after its end"},
        {make_two_families, "address range 192.0.2.9-2001:db8::1 is of two families"},
        {make_mapped_end, "address range ::fffe:0:0-::ffff:255.255.255.255 ends at an IPv4-mapped IPv6 address"},
        {make_empty_peer, "a peer's address is empty"},
        {make_empty_own, "one of the container's own addresses is empty"},
        {make_localhost_with_peers, "peer addresses in a localhost rule, whose peer is the host"},
        {make_external_host, "the host as peer of an external rule, which is about all other senders"},
        {make_external_ports, "a protocol or ports in a rule about the published ports, which already say them"},
        {make_ports_without_proto, "ports without a protocol that has them"},
        {make_gre, "protocol 47 cannot be named in a rule"},
        {make_port_zero, "destination port 0"},
        {make_reversed_ports, "source port range 90-80 starts after its end"},
        {make_output_consent, "a consent that is not an input rule"},
        {make_chain_without_name, "a verdict of chain without the chain's name"},
        {make_bad_chain, "nftables would refuse the chain name 'a b'"},
        {make_digit_chain, "nftables would refuse the chain name '8ball'"},
        {make_long_chain, "chain name of 128 bytes, the limit is 127"},
        {make_chain_with_queue, "a queue in a verdict of chain"},
        {make_accept_with_chain, "a chain or queue in a verdict of accept"},
        {make_accept_with_queue, "a chain or queue in a verdict of accept"},
        {make_queue_zero, "a verdict of queue without the queue's number"},
        {make_queue_with_chain, "a chain in a verdict of queue"},
        {make_long_list, "4097 destination ports, the limit is 4096"},
        {make_unknown_side, "unknown side 9"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_rule rule = {.side = WW_OUTPUT};
        struct ww_error err = {0};
        rows[i].make(&rule);
        assert_int_equal(ww_rule_validate(&rule, &err), -EINVAL);
        assert_string_equal(err.text, rows[i].message);
        ww_rule_done(&rule);
    }
}

static void normalizes_lists(void **state)
{
    static const struct {
        const char *before;
        const char *after;
    } rows[] = {
        {"output from 198.51.100.9,198.51.100.10,2001:db8::1,198.51.100.9 to any",
         "output from 198.51.100.9,198.51.100.10,2001:db8::1 to any"},
        {"output to 192.0.2.1,192.0.2.1", "output to 192.0.2.1"},
        {"output to 192.0.2.2,192.0.2.1", "output to 192.0.2.1,192.0.2.2"},
        {"output to 192.0.2.0/25,192.0.2.128/25", "output to 192.0.2.0/24"},
        {"output to 192.0.2.10-192.0.2.20,192.0.2.15-192.0.2.30,192.0.2.12", "output to 192.0.2.10-192.0.2.30"},
        {"output to 192.0.2.254-192.0.2.255,192.0.3.0/28", "output to 192.0.2.254-192.0.3.15"},
        {"output to 192.0.2.1,192.0.2.3", "output to 192.0.2.1,192.0.2.3"},
        {"output to ::/0,0.0.0.0/0", "output to 0.0.0.0/0,::/0"},
        {"output to 255.255.255.0/24,::/127", "output to 255.255.255.0/24,::/127"},
        {"output to 2001:db8::1:0/112,2001:db8::fff0/124", "output to 2001:db8::fff0-2001:db8::1:ffff"},
        {"output to 192.0.2.1,192.0.2.2-192.0.2.3,192.0.2.4", "output to 192.0.2.1,192.0.2.2/31,192.0.2.4"},
        {"output to 192.0.2.2,192.0.2.2-192.0.2.3", "output to 192.0.2.2/31"},
        {"output to 192.0.2.0/31,192.0.2.2,192.0.2.2/31", "output to 192.0.2.0/30"},
        {"output to any tcp dport 80-81,82,82-90", "output to any tcp dport 80-90"},
        {"output to any tcp dport 443,80,443", "output to any tcp dport 80,443"},
        {"output to any tcp dport 82-90,81,80", "output to any tcp dport 80,81,82-90"},
        {"output to any tcp dport 80-82,83-90,85", "output to any tcp dport 80-90"},
        {"output to any tcp dport 65534-65535,1-65533", "output to any tcp dport 1-65535"},
        {"output to any tcp sport 10-20,15-18 dport 1,3", "output to any tcp sport 10-20 dport 1,3"},
        {"localhost from host", "localhost"},
        {"input from host", "input from host"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_rule rule;
        struct ww_buf text = {0};
        assert_int_equal(ww_rule_read(rows[i].before, &rule, NULL), 0);
        ww_rule_normalize(&rule);
        ww_rule_write(&rule, &text);
        text.data[text.len - 1] = '\0';
        assert_string_equal(text.data, rows[i].after);
        ww_buf_done(&text);
        ww_rule_done(&rule);
    }
}

static void a_copy_shares_nothing(void **state)
{
    static const char line[] =
        "input consent from 192.0.2.1 to 198.51.100.2 tcp sport 5 dport 6 log \"l\" chain \"c\" origin \"o\"\n";
    struct ww_rule rule;
    struct ww_rule copy;
    struct ww_buf text = {0};
    (void)state;
    assert_int_equal(ww_rule_read(line, &rule, NULL), 0);
    assert_int_equal(ww_rule_copy(&rule, &copy), 0);
    ww_rule_done(&rule);
    ww_rule_write(&copy, &text);
    assert_string_equal(text.data, line);
    ww_buf_done(&text);
    ww_rule_done(&copy);
    ww_rule_done(&copy);
}

static void special_is_what_does_more_than_accept(void **state)
{
    static const struct {
        const char *line;
        bool special;
    } rows[] = {
        {"output to any", false},
        {"output to any log \"x\"", true},
        {"output to any chain \"x\"", true},
        {"output to any queue 1", true},
        {"input from 192.0.2.0/24 tcp dport 1-2", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_rule rule;
        assert_int_equal(ww_rule_read(rows[i].line, &rule, NULL), 0);
        assert_int_equal(ww_rule_is_special(&rule), rows[i].special);
        ww_rule_done(&rule);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_contradicts_itself),
        cmocka_unit_test(normalizes_lists),
        cmocka_unit_test(a_copy_shares_nothing),
        cmocka_unit_test(special_is_what_does_more_than_accept),
    };
    return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
