#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/ir/ruleset.h"
#include "core/ir/text.h"

static void add_rule(struct ww_ruleset *rs, const char *line)
{
    struct ww_rule rule;
    struct ww_error err = {0};
    if (ww_rule_read(line, &rule, &err) < 0)
        fail_msg("%s: %s", line, err.text);
    assert_int_equal(ww_ruleset_add_rule(rs, &rule), 0);
    ww_rule_done(&rule);
}

static void assert_sealed_as(struct ww_ruleset *rs, const char *expected)
{
    struct ww_buf text = {0};
    char hash[WW_HASH_HEX];
    assert_int_equal(ww_ruleset_seal(rs, NULL), 0);
    ww_ruleset_write(rs, &text);
    assert_string_equal(text.data, expected);
    ww_hash_hex(text.data, text.len, hash);
    assert_string_equal(rs->hash, hash);
    ww_buf_done(&text);
}

static void rules_are_tried_by_side_then_as_added_consents_last(void **state)
{
    struct ww_ruleset *rs = ww_ruleset_new("abc", "web");
    (void)state;
    add_rule(rs, "output to any tcp dport 2 origin \"b\"");
    add_rule(rs, "input consent from any tcp dport 9 origin \"b\"");
    add_rule(rs, "input from any tcp dport 5 origin \"z\"");
    add_rule(rs, "output to any tcp dport 1 origin \"a\"");
    add_rule(rs, "input consent from any tcp dport 8 origin \"b\"");
    add_rule(rs, "external from any");
    add_rule(rs, "input consent from any tcp dport 7 origin \"a\"");
    add_rule(rs, "input from any tcp dport 4 origin \"a\"");
    add_rule(rs, "localhost");
    assert_sealed_as(rs, "ruleset abc \"web\"\n"
                         "localhost\n"
                         "external from any\n"
                         "input from any tcp dport 5 origin \"z\"\n"
                         "input from any tcp dport 4 origin \"a\"\n"
                         "input consent from any tcp dport 7 origin \"a\"\n"
                         "input consent from any tcp dport 8 origin \"b\"\n"
                         "input consent from any tcp dport 9 origin \"b\"\n"
                         "output to any tcp dport 2 origin \"b\"\n"
                         "output to any tcp dport 1 origin \"a\"\n");
    ww_ruleset_unref(rs);
}

/* After a user chain returns, the same jump again has an effect. */
static void doubles_go_unless_they_have_an_effect(void **state)
{
    struct ww_ruleset *rs = ww_ruleset_new("abc", "web");
    (void)state;
    add_rule(rs, "output to any tcp dport 1,2");
    add_rule(rs, "output to any tcp dport 3");
    add_rule(rs, "output to any tcp dport 2,1");
    add_rule(rs, "output to any log \"x\"");
    add_rule(rs, "output to any log \"x\"");
    add_rule(rs, "output to any chain \"x\"");
    add_rule(rs, "output to any chain \"x\"");
    add_rule(rs, "input consent from any origin \"o\"");
    add_rule(rs, "input consent from any origin \"o\"");
    assert_sealed_as(rs, "ruleset abc \"web\"\n"
                         "input consent from any origin \"o\"\n"
                         "output to any tcp dport 1,2\n"
                         "output to any tcp dport 3\n"
                         "output to any log \"x\"\n"
                         "output to any chain \"x\"\n"
                         "output to any chain \"x\"\n");
    ww_ruleset_unref(rs);
}

static void endpoints_and_published_ports_are_sorted_and_the_empty_ones_go(void **state)
{
    struct ww_ruleset *rs = ww_ruleset_new("abc", "web");
    struct ww_endpoint_addrs one = {.mac = {{2, 0x42, 0, 0, 0, 1}}};
    struct ww_endpoint_addrs two = one;
    struct ww_endpoint_addrs none = {0};
    struct ww_publish p = {.proto = IPPROTO_TCP, .cport = 80, .hport = 8080};
    (void)state;
    assert_int_equal(ww_addr_parse("198.51.100.2", &one.ipv4, NULL), 0);
    assert_int_equal(ww_addr_parse("198.51.100.10", &two.ipv4, NULL), 0);
    assert_int_equal(ww_ruleset_add_endpoint(rs, &two), 0);
    assert_int_equal(ww_ruleset_add_endpoint(rs, &none), 0);
    assert_int_equal(ww_ruleset_add_endpoint(rs, &one), 0);
    assert_int_equal(ww_ruleset_add_endpoint(rs, &two), 0);
    assert_int_equal(ww_ruleset_add_publish(rs, &p), 0);
    p.host.family = AF_INET6;
    assert_int_equal(ww_ruleset_add_publish(rs, &p), 0);
    p.host.family = AF_INET;
    assert_int_equal(ww_ruleset_add_publish(rs, &p), 0);
    assert_int_equal(ww_ruleset_add_publish(rs, &p), 0);
    p.hport = 0;
    p.cport = 79;
    assert_int_equal(ww_ruleset_add_publish(rs, &p), 0);
    assert_sealed_as(rs, "ruleset abc \"web\"\n"
                         "endpoint 198.51.100.2 - 02:42:00:00:00:01\n"
                         "endpoint 198.51.100.10 - 02:42:00:00:00:01\n"
                         "publish tcp 79 on 0.0.0.0\n"
                         "publish tcp 80 on 0.0.0.0 port 8080\n"
                         "publish tcp 80 on :: port 8080\n");
    ww_ruleset_unref(rs);
}

static void a_quarantined_one_has_no_rules(void **state)
{
    struct ww_ruleset *rs = ww_ruleset_new("abc", "web");
    (void)state;
    add_rule(rs, "output to any");
    rs->quarantined = true;
    assert_sealed_as(rs, "ruleset abc \"web\" quarantined\n");
    assert_int_equal(rs->n_rules, 0);
    ww_ruleset_unref(rs);
}

static void a_closed_one_keeps_its_endpoints_and_ports_only(void **state)
{
    static const char open[] = "ruleset abc \"web\"\n"
                               "endpoint 198.51.100.2 - 02:42:c6:33:64:02\n"
                               "publish tcp 80 on 0.0.0.0 port 8080\n"
                               "external from any\n";
    struct ww_ruleset *rs = NULL, *closed = NULL;
    struct ww_buf text = {0};
    struct ww_error err = {0};
    (void)state;
    if (ww_ruleset_read(open, &rs, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(ww_ruleset_close(rs, &closed, &err), 0);
    ww_ruleset_unref(rs);
    ww_ruleset_write(closed, &text);
    assert_string_equal(text.data, "ruleset abc \"web\" quarantined\n"
                                   "endpoint 198.51.100.2 - 02:42:c6:33:64:02\n"
                                   "publish tcp 80 on 0.0.0.0 port 8080\n");
    ww_buf_done(&text);
    ww_ruleset_unref(closed);
}

static void a_bad_rule_is_named(void **state)
{
    struct ww_ruleset *rs = ww_ruleset_new("abc", "web");
    struct ww_rule rule = {.side = WW_OUTPUT, .peer = WW_PEER_ADDRS, .origin = (char *)"output[2]"};
    struct ww_error err = {0};
    (void)state;
    assert_int_equal(ww_ruleset_add_rule(rs, &rule), 0);
    assert_int_equal(ww_ruleset_seal(rs, &err), -EINVAL);
    assert_string_equal(err.text, "rule 'output[2]': the peer is a list of addresses, but the list is empty");
    assert_false(rs->sealed);
    assert_string_equal(rs->hash, "");
    ww_ruleset_unref(rs);
}

static void a_sealed_one_does_not_change(void **state)
{
    struct ww_ruleset *rs = ww_ruleset_new("abc", "web");
    struct ww_endpoint_addrs e = {.mac = {{2, 0x42, 0, 0, 0, 1}}};
    struct ww_publish p = {.proto = IPPROTO_TCP, .cport = 80, .hport = 8080, .host = {.family = AF_INET}};
    struct ww_rule rule = {.side = WW_OUTPUT};
    (void)state;
    assert_sealed_as(rs, "ruleset abc \"web\"\n");
    assert_int_equal(ww_ruleset_add_endpoint(rs, &e), -EINVAL);
    assert_int_equal(ww_ruleset_add_publish(rs, &p), -EINVAL);
    assert_int_equal(ww_ruleset_add_rule(rs, &rule), -EINVAL);
    assert_sealed_as(rs, "ruleset abc \"web\"\n");
    ww_ruleset_unref(rs);
}

static void the_hash_tells_what_differs(void **state)
{
    static const char *const texts[] = {
        "ruleset a \"web\"\n",
        "ruleset b \"web\"\n",
        "ruleset a \"wet\"\n",
        "ruleset a \"web\" quarantined\n",
        "ruleset a \"web\"\nendpoint 198.51.100.2 - -\n",
        "ruleset a \"web\"\nendpoint 198.51.100.2 - 02:42:00:00:00:01\n",
        "ruleset a \"web\"\npublish tcp 80 on 0.0.0.0 port 80\n",
        "ruleset a \"web\"\nlocalhost\n",
        "ruleset a \"web\"\nlocalhost log \"\"\n",
        "ruleset a \"web\"\noutput to any tcp dport 1\noutput to any tcp dport 2\n",
        "ruleset a \"web\"\noutput to any tcp dport 2\noutput to any tcp dport 1\n",
    };
    enum { N = sizeof(texts) / sizeof(texts[0]) };
    char hashes[N][WW_HASH_HEX];
    (void)state;
    for (size_t i = 0; i < N; i++) {
        struct ww_ruleset *rs = NULL;
        assert_int_equal(ww_ruleset_read(texts[i], &rs, NULL), 0);
        memcpy(hashes[i], rs->hash, sizeof(hashes[i]));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(hashes[i], hashes[k]);
        ww_ruleset_unref(rs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_tried_by_side_then_as_added_consents_last),
        cmocka_unit_test(doubles_go_unless_they_have_an_effect),
        cmocka_unit_test(endpoints_and_published_ports_are_sorted_and_the_empty_ones_go),
        cmocka_unit_test(a_quarantined_one_has_no_rules),
        cmocka_unit_test(a_closed_one_keeps_its_endpoints_and_ports_only),
        cmocka_unit_test(a_bad_rule_is_named),
        cmocka_unit_test(a_sealed_one_does_not_change),
        cmocka_unit_test(the_hash_tells_what_differs),
    };
    return cmocka_run_group_tests_name("ruleset", tests, NULL, NULL);
}
