/* A container as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/control/show.h"
#include "core/ir/compiled.h"
#include "core/ir/text.h"

static const char text[] = "ruleset 0123 \"web\"\nendpoint 198.51.100.2 - -\npublish tcp 80 on 2001:db8::1 port 8080\n"
                           "localhost log \"seen \" origin \"mapped_ports.localhost\"\n"
                           "input from host origin \"input[0]\"\n"
                           "output from 198.51.100.2 to 198.51.100.3,192.0.2.0/24 tcp sport 1024-65535 dport 80,443 "
                           "queue 7 origin \"output[0]\"\n";
static const char bans[] = "ban \"no mail\" output to any tcp dport 25 origin \"p.lua:4\"\n";

static const char wanted[] =
    "{\"format\":1,\"id\":\"0123\",\"name\":\"web\",\"managed\":true,\"status\":null,"
    "\"published\":[{\"protocol\":\"tcp\",\"host\":\"2001:db8::1\",\"host_port\":8080,\"port\":80}],"
    "\"rules\":[{\"side\":\"localhost\",\"peer\":\"any\",\"peers\":[],\"own\":[],\"protocol\":null,\"source_ports\":[],"
    "\"ports\":[],\"origin\":\"mapped_ports.localhost\",\"consent\":false,\"log\":\"seen \",\"verdict\":\"accept\","
    "\"chain\":null,\"queue\":null},"
    "{\"side\":\"input\",\"peer\":\"host\",\"peers\":[],\"own\":[],\"protocol\":null,\"source_ports\":[],\"ports\":[],"
    "\"origin\":\"input[0]\",\"consent\":false,\"log\":null,\"verdict\":\"accept\",\"chain\":null,\"queue\":null},"
    "{\"side\":\"output\",\"peer\":\"addresses\",\"peers\":[{\"address\":\"192.0.2.0/24\",\"container\":null},"
    "{\"address\":\"198.51.100.3\",\"container\":\"db\"}],\"own\":[\"198.51.100.2\"],\"protocol\":\"tcp\","
    "\"source_ports\":[\"1024-65535\"],\"ports\":[\"80\",\"443\"],\"origin\":\"output[0]\",\"consent\":false,"
    "\"log\":null,\"verdict\":\"queue\",\"chain\":null,\"queue\":7}],"
    "\"bans\":[{\"side\":\"output\",\"peer\":\"any\",\"peers\":[],\"own\":[],\"protocol\":\"tcp\",\"source_ports\":[],"
    "\"ports\":[\"25\"],\"origin\":\"p.lua:4\",\"reason\":\"no mail\"}]}\n";

static const char *name_of(void *arg, const struct ww_addr *addr)
{
    return addr->bytes[3] == 3 ? arg : NULL;
}

static void a_container_is_written_whole(void **state)
{
    char db[] = "db";
    struct ww_ruleset *rs = NULL;
    struct ww_compiled compiled = {0};
    struct ww_error err = {0};
    struct ww_buf out = {0};
    struct ww_show s = {.id = "0123", .name = "web", .managed = true, .name_of = name_of, .arg = db};
    (void)state;
    if (ww_ruleset_read(text, &rs, &err) < 0 || ww_ruleset_seal(rs, &err) < 0 ||
        ww_compiled_read(bans, &compiled, &err) < 0)
        fail_msg("%s", err.text);
    s.rules = rs;
    assert_int_equal(ww_show_add_ban(&s, &compiled.bans[0]), 0);
    ww_show_write(&s, &out);
    assert_true(ww_buf_ok(&out));
    assert_string_equal(out.data, wanted);
    ww_buf_done(&out);
    ww_show_done(&s);
    ww_compiled_done(&compiled);
    ww_ruleset_unref(rs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_container_is_written_whole)};
    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
