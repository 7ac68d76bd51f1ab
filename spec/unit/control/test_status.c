/* The status as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/control/status_write.h"

static struct ww_endpoint_addrs addrs_of(const char *ipv4, const char *ipv6, const char *mac)
{
    struct ww_endpoint_addrs addrs = {0};
    assert_int_equal(ww_addr_parse(ipv4, &addrs.ipv4, NULL), 0);
    if (ipv6)
        assert_int_equal(ww_addr_parse(ipv6, &addrs.ipv6, NULL), 0);
    if (mac)
        assert_int_equal(ww_mac_parse(mac, &addrs.mac, NULL), 0);
    return addrs;
}

static void put_containers(struct ww_status *s)
{
    struct ww_status_container *c;
    struct ww_endpoint_addrs both = addrs_of("192.0.2.2", "2001:db8::2", "02:42:c0:00:02:02");
    struct ww_endpoint_addrs one = addrs_of("198.51.100.2", NULL, NULL);
    assert_int_equal(ww_status_add_container(s, &c), 0);
    c->id = "0123";
    c->name = "web";
    c->state = WW_STATUS_UNENFORCEABLE;
    c->rules = 3;
    c->start_latency_known = true;
    c->before_start_ms = -7;
    assert_int_equal(ww_status_add_address(c, "front", &both), 0);
    assert_int_equal(ww_status_add_address(c, "back", &one), 0);
    assert_int_equal(ww_status_add_note(&c->waiting, &c->n_waiting, "output[0]", "no \"db\""), 0);
    assert_int_equal(ww_status_add_note(&c->notes, &c->n_notes, "output[1]", "a group"), 0);
    assert_int_equal(ww_status_add_note(&c->unenforceable, &c->n_unenforceable, "back", "driver macvlan"), 0);
    assert_int_equal(ww_status_add_note(&c->unenforceable, &c->n_unenforceable, "over", "driver overlay"), 0);
    c->unenforceable[1].accepted = true;
    assert_int_equal(ww_status_add_count(&c->drops, &c->n_drops, "out", 5), 0);
    assert_int_equal(ww_status_add_count(&c->drops, &c->n_drops, "in", 2), 0);
    c->counted = true;
    c->audited = true;
    assert_int_equal(ww_status_add_count(&c->would, &c->n_would, "host", 9), 0);
    assert_int_equal(ww_status_add_container(s, &c), 0);
    c->id = "4567";
    c->name = "";
    c->shares = "0123";
    c->state = WW_STATUS_QUARANTINED;
    c->quarantine = "line 1\nline 2 \x1b \xff";
}

/* It may be made up where it is added, in memory that is used for something else then. */
static void the_text_of_a_problem_is_its_own(void **state)
{
    (void)state;
    struct ww_status s = {0};
    char text[] = "made up";
    assert_int_equal(ww_status_add_problem(&s, "audit_incomplete", "web", text), 0);
    memset(text, 'x', sizeof(text) - 1);
    assert_string_equal(s.problems[0].text, "made up");
    ww_status_done(&s);
}

static void a_status_is_written_whole(void **state)
{
    (void)state;
    struct ww_status s = {
        .version = "1.2.3",
        .pid = 7,
        .now_ns = 1795468479000000000,
        .started_ns = 1795468477870409939,
        .sandbox = true,
        .system_calls = 116,
        .engine = {.state = "away", .version = "", .since_ns = 1795468477870409939},
        .table = {.shared = true},
        .docker_user = {.wanted = true, .ipv4 = WW_ABILITY_YES, .ipv6 = WW_ABILITY_NO},
        .kernel = {.release = "6.1.0",
                   .owner = WW_ABILITY_NO,
                   .queue = WW_ABILITY_UNKNOWN,
                   .bridged_ipv4 = WW_ABILITY_YES,
                   .bridged_ipv6 = WW_ABILITY_NO},
        .database = {.path = "/x/whalewall.sqlite", .trouble = "full"},
        .last_error_ns = 1,
        .last_error = "it",
    };
    struct ww_buf out = {0};
    put_containers(&s);
    struct ww_status_network network = {"89ab", "front", "br-0", "auto", true, 3, 2};
    assert_int_equal(ww_status_add_network(&s, &network), 0);
    assert_int_equal(ww_status_add_problem(&s, "engine_away", NULL, "the engine"), 0);
    assert_int_equal(ww_status_add_problem(&s, "quarantined", "web", "the label"), 0);
    ww_status_write(&s, &out);
    ww_status_done(&s);
    assert_true(ww_buf_ok(&out));
    assert_string_equal(
        out.data,
        "{\"format\":1,\"program\":{\"version\":\"1.2.3\",\"pid\":7,\"started\":\"2026-11-23T21:14:37.870409939Z\","
        "\"uptime_ms\":1129,\"sandbox\":\"on\",\"system_calls\":116},\"ok\":false,\"problems\":["
        "{\"code\":\"engine_away\",\"subject\":null,\"text\":\"the engine\"},"
        "{\"code\":\"quarantined\",\"subject\":\"web\",\"text\":\"the label\"}],"
        "\"engine\":{\"state\":\"away\",\"version\":null,\"since\":\"2026-11-23T21:14:37.870409939Z\","
        "\"last_event\":null},"
        "\"kernel\":{\"release\":\"6.1.0\",\"table_owner\":false,\"nfqueue\":null,\"bridge_ports\":null,\"bridge_"
        "names\":null,\"sees_bridged_"
        "ipv4\":true,\"sees_"
        "bridged_ipv6\":false},"
        "\"table\":{\"owned\":false,\"shared\":true},"
        "\"docker_user\":{\"wanted\":true,\"ipv4\":true,\"ipv6\":false},"
        "\"database\":{\"path\":\"/x/whalewall.sqlite\",\"durable\":false,\"trouble\":\"full\"},"
        "\"last_error\":{\"time\":\"1970-01-01T00:00:00.000000001Z\",\"text\":\"it\"},"
        "\"networks\":[{\"id\":\"89ab\",\"name\":\"front\",\"bridge\":\"br-0\",\"guard\":\"auto\","
        "\"guarded\":true,\"known\":3,\"bound\":2}],"
        "\"containers\":["
        "{\"id\":\"0123\",\"name\":\"web\",\"state\":\"unenforceable\",\"shares\":null,\"quarantine\":null,"
        "\"waiting\":[{\"rule\":\"output[0]\",\"reason\":\"no \\\"db\\\"\"}],"
        "\"notes\":[{\"rule\":\"output[1]\",\"reason\":\"a group\"}],"
        "\"unenforceable\":[{\"network\":\"back\",\"reason\":\"driver macvlan\",\"accepted\":false},"
        "{\"network\":\"over\",\"reason\":\"driver overlay\",\"accepted\":true}],"
        "\"addresses\":[{\"network\":\"front\",\"ipv4\":\"192.0.2.2\",\"ipv6\":\"2001:db8::2\","
        "\"mac\":\"02:42:c0:00:02:02\"},{\"network\":\"back\",\"ipv4\":\"198.51.100.2\",\"ipv6\":null,\"mac\":null}],"
        "\"rules\":3,\"active_before_start_ms\":-7,\"dropped\":{\"out\":5,\"in\":2},"
        "\"audited\":true,\"would_drop\":{\"host\":9}},"
        "{\"id\":\"4567\",\"name\":\"\",\"state\":\"quarantined\",\"shares\":\"0123\","
        "\"quarantine\":\"line 1\\nline 2 \\u001b "
        "\xef\xbf\xbd\",\"waiting\":[],\"notes\":[],\"unenforceable\":[],\"addresses\":[],"
        "\"rules\":0,\"active_before_start_ms\":null,\"dropped\":null,\"audited\":false,\"would_drop\":null}]}\n");
    ww_buf_done(&out);
}

static void nothing_wrong_is_ok(void **state)
{
    (void)state;
    struct ww_status s = {.version = "1", .engine = {.state = "synced", .version = "x"}};
    struct ww_buf out = {0};
    ww_status_write(&s, &out);
    assert_non_null(strstr(out.data, "\"ok\":true,\"problems\":[],"));
    assert_non_null(strstr(out.data, "\"last_error\":null,\"networks\":[],\"containers\":[]}\n"));
    ww_buf_done(&out);
}

static void any_number_of_anything_is_kept(void **state)
{
    (void)state;
    struct ww_status s = {0};
    for (size_t i = 0; i < 100; i++) {
        struct ww_status_container *c;
        assert_int_equal(ww_status_add_container(&s, &c), 0);
        assert_null(c->waiting);
        c->rules = i;
        for (size_t j = 0; j < i; j++)
            assert_int_equal(ww_status_add_count(&c->drops, &c->n_drops, "x", j), 0);
    }
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(s.containers[i].rules, i);
        assert_int_equal(s.containers[i].n_drops, i);
        for (size_t j = 0; j < i; j++)
            assert_int_equal(s.containers[i].drops[j].packets, j);
    }
    ww_status_done(&s);
    assert_int_equal(s.n_containers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_a_problem_is_its_own),
        cmocka_unit_test(a_status_is_written_whole),
        cmocka_unit_test(nothing_wrong_is_ok),
        cmocka_unit_test(any_number_of_anything_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
