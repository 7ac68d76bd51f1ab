/* A dropped packet's line says which policy refused it, where one did. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/agent/drop_ban.h"
#include "core/ir/text.h"
#include "spec/unit/addr.h"

static const char web[] = "ruleset aaaa \"web\"\nendpoint 198.51.100.2 - -\npublish tcp 80 on 0.0.0.0 port 8080\n";
static const char bans[] = "ban \"a\" output to 192.0.2.1 origin \"one\"\n"
                           "ban \"b\" output to any tcp dport 25 origin \"two\"\n"
                           "ban \"c\" input from 203.0.113.0/24 origin \"three\"\n"
                           "ban \"d\" output to any icmp origin \"four\"\n";

static const struct {
    const char *title;
    enum ww_drop_reason reason;
    const char *src;
    const char *dst;
    const char *orig_dst; /* NULL: not told */
    uint8_t proto;
    uint16_t dport;
    const char *origin; /* of the ban; NULL: none is about it */
} rows[] = {
    {"by address", WW_REASON_OUT, "198.51.100.2", "192.0.2.1", NULL, IPPROTO_UDP, 53, "one"},
    {"by port", WW_REASON_OUT, "198.51.100.2", "192.0.2.2", NULL, IPPROTO_TCP, 25, "two"},
    {"by what was dialled", WW_REASON_OUT, "198.51.100.2", "192.0.2.2", "192.0.2.1", IPPROTO_TCP, 80, "one"},
    {"that nothing allows, and nothing refuses", WW_REASON_OUT, "198.51.100.2", "192.0.2.2", NULL, IPPROTO_TCP, 80,
     NULL},
    {"in", WW_REASON_IN, "203.0.113.9", "198.51.100.2", NULL, IPPROTO_TCP, 22, "three"},
    {"to the published port", WW_REASON_PORT, "203.0.113.9", "192.0.2.99", NULL, IPPROTO_TCP, 8080, "three"},
    {"in, from elsewhere", WW_REASON_IN, "192.0.2.1", "198.51.100.2", NULL, IPPROTO_TCP, 22, NULL},
    {"for another reason than the rules", WW_REASON_INVALID, "198.51.100.2", "192.0.2.1", NULL, IPPROTO_TCP, 80, NULL},
    {"a ping", WW_REASON_OUT, "198.51.100.2", "192.0.2.2", NULL, IPPROTO_ICMP, 0, "four"},
};

static void the_ban_is_the_one_that_is_about_the_packet(void **state)
{
    struct ww_managed_containers all = {0};
    struct ww_managed_container *s = NULL;
    struct ww_compiled compiled = {0};
    struct ww_ruleset *rs = NULL;
    (void)state;
    assert_int_equal(ww_ruleset_read(web, &rs, NULL), 0);
    assert_int_equal(ww_compiled_read(bans, &compiled, NULL), 0);
    assert_int_equal(ww_managed_container_make(&all, "aaaa", &s, NULL), 0);
    assert_int_equal(ww_managed_container_set_compiled(&all, s, &compiled, NULL), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_drop drop = {.reason = rows[i].reason,
                               .src = addr_of(rows[i].src),
                               .dst = addr_of(rows[i].dst),
                               .orig_dst = addr_of(rows[i].orig_dst),
                               .proto = rows[i].proto,
                               .dport = rows[i].dport,
                               .has_ports = rows[i].dport != 0,
                               .has_icmp = rows[i].proto == IPPROTO_ICMP,
                               .icmp_type = 8};
        struct ww_drop_view view = {.rs = rs};
        const struct ww_ban *ban = ww_drop_ban(&all, &view, &drop);
        if ((ban == NULL) != (rows[i].origin == NULL) || (ban && strcmp(ban->rule.origin, rows[i].origin) != 0))
            fail_msg("%s: %s", rows[i].title, ban ? ban->rule.origin : "none");
        view.rs = NULL;
        assert_null(ww_drop_ban(&all, &view, &drop));
    }
    ww_ruleset_unref(rs);
    ww_managed_containers_done(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_ban_is_the_one_that_is_about_the_packet)};
    return cmocka_run_group_tests_name("drop_ban", tests, NULL, NULL);
}
