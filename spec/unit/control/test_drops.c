/* Drops as JSON. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/control/drops.h"

static void drops_are_written_whole(void **state)
{
    static const char wanted[] =
        "{\"format\":1,\"next\":9,\"left_out\":2,\"drops\":["
        "{\"seq\":8,\"first\":\"2026-11-23T21:14:37.870409939Z\",\"last\":\"2026-11-23T21:14:39.000000000Z\","
        "\"reports\":3,\"container\":\"web\",\"id\":\"0123\",\"direction\":\"out\",\"address\":\"198.51.100.2\","
        "\"peer\":\"198.51.100.3\",\"peer_name\":\"db\",\"protocol\":\"tcp\",\"port\":80,\"audited\":false,\"reason\":"
        "\"out\","
        "\"text\":\"no rule\",\"policy\":\"p.lua:4\",\"packets\":7},"
        "{\"seq\":9,\"first\":null,\"last\":null,\"reports\":1,\"container\":null,\"id\":null,\"direction\":\"in\","
        "\"address\":null,\"peer\":null,\"peer_name\":null,\"protocol\":\"icmp\",\"port\":null,\"audited\":true,"
        "\"reason\":\"guard\","
        "\"text\":\"not known\",\"policy\":null,\"packets\":null}]}\n";
    struct ww_drops_answer answer = {.next = 9, .left_out = 2};
    struct ww_dropped first = {.seq = 8,
                               .first_ns = 1795468477870409939,
                               .last_ns = 1795468479000000000,
                               .reports = 3,
                               .id = "0123",
                               .name = "web",
                               .out = true,
                               .peer_name = "db",
                               .proto = IPPROTO_TCP,
                               .port = 80,
                               .reason = "out",
                               .text = "no rule",
                               .policy = "p.lua:4",
                               .counted = true,
                               .packets = 7};
    struct ww_dropped second = {.seq = 9,
                                .reports = 1,
                                .proto = IPPROTO_ICMP,
                                .audited = true,
                                .reason = "guard",
                                .text = "not known",
                                .packets = 7};
    struct ww_buf out = {0};
    (void)state;
    assert_int_equal(ww_addr_parse("198.51.100.2", &first.own, NULL), 0);
    assert_int_equal(ww_addr_parse("198.51.100.3", &first.peer, NULL), 0);
    assert_int_equal(ww_drops_answer_add(&answer, &first), 0);
    assert_int_equal(ww_drops_answer_add(&answer, &second), 0);
    ww_drops_answer_write(&answer, &out);
    assert_true(ww_buf_ok(&out));
    assert_string_equal(out.data, wanted);
    ww_buf_done(&out);
    ww_drops_answer_done(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(drops_are_written_whole)};
    return cmocka_run_group_tests_name("drops", tests, NULL, NULL);
}
