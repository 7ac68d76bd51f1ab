#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/protocol.h"

static void every_name_and_number_is_one_protocols(void **state)
{
    (void)state;
    size_t n;
    const struct ww_protocol *all = ww_protocols(&n);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(ww_protocol_find(all[i].number), &all[i]);
        assert_ptr_equal(ww_protocol_named(all[i].name), &all[i]);
    }
}

/* A published port is one, and a rule may be about it. */
static void published_ones_have_ports(void **state)
{
    (void)state;
    size_t n;
    const struct ww_protocol *all = ww_protocols(&n);
    for (size_t i = 0; i < n; i++)
        assert_true(!all[i].published || all[i].has_ports);
}

static void what_is_not_known_is_a_number(void **state)
{
    (void)state;
    char text[WW_PROTOCOL_TEXT];
    assert_string_equal(ww_protocol_text(IPPROTO_TCP, text), "tcp");
    assert_string_equal(ww_protocol_text(IPPROTO_SCTP, text), "sctp");
    assert_string_equal(ww_protocol_text(IPPROTO_ICMPV6, text), "icmpv6");
    assert_string_equal(ww_protocol_text(IPPROTO_GRE, text), "47");
    assert_string_equal(ww_protocol_text(UINT8_MAX, text), "255");
    assert_null(ww_protocol_find(IPPROTO_GRE));
    assert_null(ww_protocol_named("TCP"));
    assert_null(ww_protocol_named(""));
    assert_false(ww_protocol_has_ports(IPPROTO_GRE));
    assert_false(ww_protocol_has_ports(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_and_number_is_one_protocols),
        cmocka_unit_test(published_ones_have_ports),
        cmocka_unit_test(what_is_not_known_is_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
