/* The services of a swarm: which of their labels are told, and that nothing else waits for them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/docker/decode.h"
#include "helper_fake.h"

/* As engine 20.10 answers. */
#define SERVICE(labels, task)                                                                                          \
    "[{\"ID\":\"lfn3hc7ar4fqgvf1fw8l89xcp\",\"Version\":{\"Index\":12},\"CreatedAt\":\"2026-11-29T14:56:52."           \
    "067927499Z\","                                                                                                    \
    "\"UpdatedAt\":\"2026-11-29T14:56:53.072597367Z\",\"Spec\":{\"Name\":\"web\",\"Labels\":" labels                   \
    ",\"TaskTemplate\":" task ",\"Mode\":{\"Replicated\":{\"Replicas\":0}}},\"PreviousSpec\":{\"Name\":\"web\","       \
    "\"Labels\":{\"whalewall.enabled\":\"true\"}},\"Endpoint\":{\"Spec\":{}}}]"
#define CONTAINERS(labels)                                                                                             \
    "{\"ContainerSpec\":{\"Image\":\"lab\",\"Labels\":" labels ",\"Isolation\":\"default\"},\"ForceUpdate\":0}"
#define ENABLED "{\"whalewall.enabled\":\"true\",\"x\":\"y\"}"

static void a_label_that_its_containers_do_not_have_is_told(void **state)
{
    static const struct {
        const char *json;
        const char *key; /* the first that is told; NULL: none is */
    } cases[] = {
        {SERVICE(ENABLED, CONTAINERS("{\"a\":\"b\"}")), "whalewall.enabled"},
        {SERVICE(ENABLED, CONTAINERS("null")), "whalewall.enabled"},
        {SERVICE(ENABLED, "{\"PluginSpec\":{}}"), "whalewall.enabled"},
        {SERVICE(ENABLED, CONTAINERS("{\"whalewall.rules\":\"\"}")), "whalewall.enabled"},
        {SERVICE("{\"whalewall_rules\":\"x\"}", CONTAINERS("{}")), "whalewall_rules"},
        {SERVICE(ENABLED, CONTAINERS("{\"whalewall.enabled\":\"true\"}")), NULL},
        {SERVICE("{}", CONTAINERS(ENABLED)), NULL},
        {SERVICE("null", CONTAINERS("{}")), NULL},
        {"[]", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_services services = {0};
        struct ww_error err = {0};
        char wanted[64];
        if (ww_decode_services(cases[i].json, strlen(cases[i].json), &services, &err) < 0)
            fail_msg("%s: %s", cases[i].json, err.text);
        assert_int_equal(services.n, cases[i].key ? 1 : 0);
        if (cases[i].key) {
            snprintf(wanted, sizeof(wanted), "label '%s': not obeyed", cases[i].key);
            assert_string_equal(services.items[0].id, "lfn3hc7ar4fqgvf1fw8l89xcp");
            assert_string_equal(services.items[0].name, "web");
            assert_int_equal(services.items[0].strays->n, 1);
            assert_non_null(strstr(services.items[0].strays->texts[0], wanted));
        }
        ww_services_done(&services);
    }
}

static void what_is_no_list_of_services_is_refused(void **state)
{
    static const char *const cases[] = {
        "{}",
        "[1]",
        "[{}]",
        "[{\"ID\":\"../x\",\"Spec\":{}}]",
        "[{\"ID\":\"a\",\"Spec\":{\"Labels\":[]}}]",
        SERVICE(ENABLED, "[]"),
        SERVICE(ENABLED, "{\"ContainerSpec\":7}"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ww_services services = {0};
        struct ww_error err = {0};
        assert_int_equal(ww_decode_services(cases[i], strlen(cases[i]), &services, &err), -EBADMSG);
        assert_int_equal(services.n, 0);
        assert_true(err.text[0] != '\0');
    }
}

static struct fake engine;

static int start_engine(void **state)
{
    char listen[128];
    (void)state;
    snprintf(listen, sizeof(listen), "unix://%s/services.sock", fake_folder());
    fake_start(&engine, listen, NULL);
    return 0;
}

static int stop_engine(void **state)
{
    (void)state;
    fake_stop(&engine);
    return 0;
}

static void open_settled(struct client *client, int64_t timeout_ms)
{
    client_open(client, &engine, (struct ww_source_options){.timeout_ms = timeout_ms});
    ww_source_start(client->source);
    client_settle(client);
}

struct wanted {
    struct client *client;
    size_t n;
};

static bool has_services(void *arg)
{
    const struct wanted *wanted = arg;
    return ww_world_services(wanted->client->world)->n == wanted->n && !ww_source_is_busy(wanted->client->source);
}

static void assert_services(struct client *client, size_t n)
{
    struct wanted wanted = {client, n};
    if (!loop_until(&client->loop, has_services, &wanted, 5000))
        fail_msg("%zu services instead of %zu", ww_world_services(client->world)->n, n);
}

static void services_are_known_from_the_list_and_followed_by_events(void **state)
{
    struct client client;
    (void)state;
    fake_do(&engine, "/fake/reset", "");
    fake_do(&engine, "/fake/do", "[[\"set_service\", \"web\", {\"whalewall.enabled\": \"true\"}]]");
    open_settled(&client, 0);
    assert_services(&client, 1);
    assert_true(ww_world_take_services_changed(client.world));
    assert_false(ww_world_take_services_changed(client.world));
    fake_do(&engine, "/fake/do",
            "[[\"set_service\", \"db\", {\"whalewall.rules\": \"\"}], [\"set_service\", \"plain\", {}]]");
    assert_services(&client, 2);
    assert_true(ww_world_take_services_changed(client.world));
    fake_do(&engine, "/fake/do", "[[\"set_service\", \"db\", {}, {\"whalewall.rules\": \"\"}]]");
    assert_services(&client, 1);
    fake_do(&engine, "/fake/do", "[[\"remove_service\", \"web\"]]");
    assert_services(&client, 0);
    client_close(&client);
}

/* Its clock may be another one's. */
static void the_time_of_a_services_event_does_not_count(void **state)
{
    struct client client;
    (void)state;
    fake_do(&engine, "/fake/reset", "");
    open_settled(&client, 0);
    int64_t last = ww_source_last_event(client.source);
    uint64_t generation = ww_source_generation(client.source);
    fake_do(
        &engine, "/fake/send",
        "{\"text\": \"{\\\"Type\\\":\\\"service\\\",\\\"Action\\\":\\\"update\\\",\\\"Actor\\\":{\\\"ID\\\":\\\"x\\\"},"
        "\\\"scope\\\":\\\"swarm\\\",\\\"timeNano\\\":1600000000000000000}\\n\"}");
    fake_do(&engine, "/fake/do", "[[\"set_service\", \"web\", {\"whalewall.enabled\": \"true\"}]]");
    assert_services(&client, 1);
    loop_for(&client.loop, 700);
    assert_int_equal(ww_source_last_event(client.source), last);
    assert_int_equal(ww_source_generation(client.source), generation);
    client_close(&client);
}

static void an_engine_that_has_no_services_to_tell_is_followed_all_the_same(void **state)
{
    static const struct {
        const char *fault;
        size_t left; /* services that are known after it */
        const char *notice;
    } cases[] = {
        {"\"kind\": \"status\", \"status\": 503", 0, NULL},
        {"\"kind\": \"status\", \"status\": 403", 0, NULL},
        {"\"kind\": \"status\", \"status\": 404", 0, NULL},
        {"\"kind\": \"status\", \"status\": 500", 1,
         "labels of the swarm's services cannot be looked at: GET /v1.41/services"},
        {"\"kind\": \"garbage\"", 1, "labels of the swarm's services cannot be looked at: the answer to GET"},
        {"\"kind\": \"silence\"", 1, "labels of the swarm's services cannot be looked at"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client client;
        struct ww_notice notice = {0};
        char json[160];
        fake_do(&engine, "/fake/reset", "");
        fake_do(&engine, "/fake/faults", "[]");
        fake_do(&engine, "/fake/do", "[[\"set_service\", \"web\", {\"whalewall.enabled\": \"true\"}]]");
        open_settled(&client, 500);
        assert_services(&client, 1);
        snprintf(json, sizeof(json), "[{\"match\": \"/services\", %s}]", cases[i].fault);
        fake_do(&engine, "/fake/faults", json);
        ww_source_resync(client.source);
        assert_true(client_reaches(&client, 2, 5000)); /* nothing waits for it */
        if (cases[i].notice) {
            assert_true(client_hears(&client, cases[i].notice, &notice, 5000));
            assert_int_equal(notice.level, WW_WARN);
        }
        assert_services(&client, cases[i].left);
        assert_true(ww_source_answers(client.source));
        assert_int_equal(ww_source_state(client.source), WW_SOURCE_SYNCED);
        client_close(&client);
    }
    fake_do(&engine, "/fake/faults", "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_that_its_containers_do_not_have_is_told),
        cmocka_unit_test(what_is_no_list_of_services_is_refused),
        cmocka_unit_test(services_are_known_from_the_list_and_followed_by_events),
        cmocka_unit_test(the_time_of_a_services_event_does_not_count),
        cmocka_unit_test(an_engine_that_has_no_services_to_tell_is_followed_all_the_same),
    };
    return cmocka_run_group_tests(tests, start_engine, stop_engine);
}
