/* The engine misbehaves: the source says so once, keeps the world, and comes back by itself. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "helper_fake.h"

static struct fake engine;
static char address[128];

static int start_engine(void **state)
{
    (void)state;
    snprintf(address, sizeof(address), "unix://%s/engine.sock", fake_folder());
    fake_start(&engine, address, NULL);
    return 0;
}

static int stop_engine(void **state)
{
    (void)state;
    fake_stop(&engine);
    return 0;
}

static int reset_engine(void **state)
{
    (void)state;
    fake_do(&engine, "/fake/reset", "");
    fake_do(&engine, "/fake/faults", "[]");
    free(fake_tell(&engine, "/fake/do", "[[\"add_container\", \"c\", {\"whalewall.rules\": \"# r\"}]]"));
    fake_do(&engine, "/fake/log", "");
    return 0;
}

static void open_started(struct client *client)
{
    client_open(client, &engine, (struct ww_source_options){.timeout_ms = 300});
    ww_source_start(client->source);
}

/* A fault of the first few requests: it is noticed, and then all is well. */
static const struct {
    const char *fault;
    const char *notice;
} passing[] = {
    {"{\"match\": \"^/version\", \"kind\": \"status\", \"status\": 500, \"times\": 3}",
     "the engine refuses to say its version: status 500: told to fail"},
    {"{\"match\": \"^/version\", \"kind\": \"garbage\", \"times\": 3}", "the answer to GET /version: not valid JSON"},
    {"{\"match\": \"^/version\", \"kind\": \"garbage\", \"text\": \"{}\", \"times\": 1}",
     "does not say which API version"},
    {"{\"match\": \"^/version\", \"kind\": \"garbage\", \"text\": \"{\\\"ApiVersion\\\": 1.41}\", \"times\": 1}",
     "field 'ApiVersion' is not a string"},
    {"{\"match\": \"^/version\", \"kind\": \"silence\", \"times\": 1}", "no answer to GET /version in time"},
    {"{\"match\": \"^/version\", \"kind\": \"close\", \"times\": 1}", "GET /version: Empty reply from server"},
    {"{\"match\": \"/events\", \"kind\": \"status\", \"status\": 503, \"times\": 2}",
     "the engine refuses to send events: status 503"},
    {"{\"match\": \"/events\", \"kind\": \"silence\", \"times\": 1}", "did not open the stream of events in time"},
    {"{\"match\": \"/events\", \"kind\": \"garbage\", \"text\": \"what?\\n\", \"times\": 1}",
     "an event that cannot be read: not valid JSON"},
    {"{\"match\": \"/events\", \"kind\": \"garbage\", \"text\": \"{\\\"Type\\\": 1}\\n\", \"times\": 1}",
     "field 'Type' is not a string"},
    {"{\"match\": \"/events\", \"kind\": \"garbage\", \"text\": \"{\\\"Type\", \"times\": 1}", "ended within a line"},
    {"{\"match\": \"/events\", \"kind\": \"garbage\", \"text\": \"\", \"times\": 1}", "ended the stream of events"},
    {"{\"match\": \"/events\", \"kind\": \"huge\", \"bytes\": 2097152, \"times\": 1}",
     "the stream of events: a line has more than 1048576 bytes"},
    {"{\"match\": \"/containers/json\", \"kind\": \"status\", \"status\": 500, \"times\": 2}",
     "GET /v1.41/containers/json?all=1: status 500: told to fail"},
    {"{\"match\": \"/containers/json\", \"kind\": \"garbage\", \"times\": 1}",
     "the answer to GET /v1.41/containers/json?all=1: not a JSON array"},
    {"{\"match\": \"/containers/json\", \"kind\": \"garbage\", \"text\": \"[{},\", \"times\": 1}",
     "container without id: field 'Id' is not an id"},
    {"{\"match\": \"/containers/json\", \"kind\": \"reset\", \"times\": 1}",
     "the connection ended within the answer to GET /v1.41/containers/json?all=1"},
    {"{\"match\": \"/containers/json\", \"kind\": \"slow\", \"ms\": 500, \"times\": 1}",
     "no answer to GET /v1.41/containers/json?all=1 in time"},
    {"{\"match\": \"/networks$\", \"kind\": \"garbage\", \"text\": \"[1]\", \"times\": 1}",
     "a network is not an object"},
    {"{\"match\": \"/networks$\", \"kind\": \"silence\", \"times\": 1}", "no answer to GET /v1.41/networks in time"},
};

static void a_passing_fault_is_noticed_once_and_survived(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
        struct client client;
        struct ww_notice notice;
        char json[256];
        snprintf(json, sizeof(json), "[%s]", passing[i].fault);
        fake_do(&engine, "/fake/faults", json);
        open_started(&client);
        if (!client_hears(&client, passing[i].notice, &notice, 3000))
            fail_msg("nothing said of: %s", passing[i].fault);
        assert_int_equal(notice.level, WW_ERROR);
        assert_int_equal(strncmp(notice.text, "the Docker engine is away, trying again: ", 41), 0);
        assert_true(client_hears(&client, "the Docker engine is back: 20.10.24, API 1.41", &notice, 3000));
        client_settle(&client);
        assert_non_null(ww_world_container_by_name(client.world, "c"));
        assert_false(ww_source_take_notice(client.source, &notice));
        client_close(&client);
    }
}

/* A fault of one object's answer: the session goes on, and it is asked again. */
static const char *const of_one[] = {
    "{\"match\": \"/networks/[0-9a-f]+\", \"kind\": \"status\", \"status\": 500, \"times\": 3}",
    "{\"match\": \"/networks/[0-9a-f]+\", \"kind\": \"garbage\", \"times\": 2}",
    "{\"match\": \"/networks/[0-9a-f]+\", \"kind\": \"reset\", \"times\": 2}",
    "{\"match\": \"/networks/[0-9a-f]+\", \"kind\": \"silence\", \"times\": 1}",
    "{\"match\": \"/containers/[0-9a-f]+\", \"kind\": \"garbage\", \"text\": \"[]\", \"times\": 3}",
    "{\"match\": \"/containers/[0-9a-f]+\", \"kind\": \"close\", \"times\": 2}",
    "{\"match\": \"/images/\", \"kind\": \"status\", \"status\": 500, \"times\": 2}",
    "{\"match\": \"/images/\", \"kind\": \"garbage\", \"text\": \"[]\", \"times\": 2}",
};

static void a_passing_fault_of_one_object_is_tried_again_in_silence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(of_one) / sizeof(of_one[0]); i++) {
        struct client client;
        struct ww_notice notice;
        const char *label;
        bool known;
        char json[256];
        snprintf(json, sizeof(json), "[%s]", of_one[i]);
        fake_do(&engine, "/fake/faults", json);
        open_started(&client);
        client_settle(&client);
        if (ww_source_take_notice(client.source, &notice))
            fail_msg("%s: %s", of_one[i], notice.text);
        assert_int_equal(ww_source_generation(client.source), 1);
        assert_non_null(ww_world_network_by_name(client.world, "bridge"));
        assert_non_null(ww_world_network_by_name(client.world, "host"));
        assert_int_equal(ww_world_container_by_name(client.world, "c")->n_networks, 1);
        assert_int_equal(
            ww_world_image(client.world, ww_world_container_by_name(client.world, "c")->image_id, &label, &known), 0);
        assert_true(known);
        client_close(&client);
    }
}

static const struct {
    const char *fault;
    const char *notice;
} lasting[] = {
    {"{\"match\": \"/networks/[0-9a-f]+\", \"kind\": \"status\", \"status\": 500}",
     ": status 500: told to fail; going on"},
    {"{\"match\": \"/networks/[0-9a-f]+\", \"kind\": \"status\", \"status\": 403}",
     ": status 403: told to fail; going on"},
    {"{\"match\": \"/containers/[0-9a-f]+\", \"kind\": \"huge\", \"bytes\": 17825792}", "more than 16777216 bytes"},
    {"{\"match\": \"/images/\", \"kind\": \"garbage\"}", "not valid JSON"},
};

static void a_lasting_fault_of_one_object_does_not_stop_the_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++) {
        struct client client;
        struct ww_notice notice;
        char json[256];
        snprintf(json, sizeof(json), "[%s]", lasting[i].fault);
        fake_do(&engine, "/fake/faults", json);
        open_started(&client);
        assert_true(client_reaches(&client, 1, 5000));
        if (!client_hears(&client, lasting[i].notice, &notice, 5000))
            fail_msg("nothing said of: %s", lasting[i].fault);
        assert_int_equal(notice.level, WW_ERROR);
        assert_int_equal(ww_source_state(client.source), WW_SOURCE_SYNCED);
        assert_non_null(ww_world_container_by_name(client.world, "c"));
        client_close(&client);
    }
}

/* As an engine that stops does it: its stream is open. One that says no has answered. */
static void an_engine_that_answers_nothing_more_is_known_while_its_stream_is_open(void **state)
{
    (void)state;
    struct client client;
    struct ww_notice notice;
    open_started(&client);
    client_settle(&client);
    assert_true(ww_source_answers(client.source));
    fake_do(&engine, "/fake/faults", "[{\"match\": \"/containers/[0-9a-f]+\", \"kind\": \"reset\"}]");
    ww_source_ask_process(client.source, ww_world_container_by_name(client.world, "c")->id, ww_clock_mono());
    assert_true(client_hears(&client, "going on without", &notice, 5000));
    assert_int_equal(ww_source_state(client.source), WW_SOURCE_SYNCED);
    assert_false(ww_source_answers(client.source));
    fake_do(&engine, "/fake/faults", "[{\"match\": \"/containers/[0-9a-f]+\", \"kind\": \"status\", \"status\": 500}]");
    ww_source_ask_process(client.source, ww_world_container_by_name(client.world, "c")->id, ww_clock_mono());
    loop_for(&client.loop, 300);
    assert_true(ww_source_answers(client.source));
    client_close(&client);
}

static void an_image_that_cannot_be_asked_for_counts_as_gone(void **state)
{
    (void)state;
    struct client client;
    const char *label;
    bool known = true;
    fake_do(&engine, "/fake/faults", "[{\"match\": \"/images/\", \"kind\": \"status\", \"status\": 403}]");
    open_started(&client);
    assert_true(client_reaches(&client, 1, 5000));
    const char *image = ww_world_container_by_name(client.world, "c")->image_id;
    assert_int_equal(ww_world_image(client.world, image, &label, &known), 0);
    assert_false(known);
    fake_do(&engine, "/fake/faults", "[]");
    ww_source_resync(client.source);
    client_settle(&client);
    image = ww_world_container_by_name(client.world, "c")->image_id;
    assert_int_equal(ww_world_image(client.world, image, &label, &known), 0);
    assert_true(known);
    client_close(&client);
}

static void no_engine_at_the_start_is_waited_for(void **state)
{
    (void)state;
    struct client client;
    struct ww_notice notice;
    fake_stop(&engine);
    open_started(&client);
    assert_true(client_hears(&client, "cannot connect to unix://", &notice, 2000));
    assert_non_null(strstr(notice.text, "Connection refused"));
    loop_for(&client.loop, 400);
    assert_false(ww_source_take_notice(client.source, &notice));
    assert_int_equal(ww_source_state(client.source), WW_SOURCE_AWAY);
    assert_string_equal(ww_source_engine(client.source), "");
    fake_start(&engine, address, NULL);
    assert_true(client_hears(&client, "is back", &notice, 3000));
    client_settle(&client);
    client_close(&client);
}

static void a_restart_keeps_the_world_and_then_reconciles_it(void **state)
{
    (void)state;
    struct client client;
    struct ww_notice notice;
    open_started(&client);
    client_settle(&client);
    fake_stop(&engine);
    assert_true(client_hears(&client, "is away", &notice, 2000));
    assert_int_equal(ww_source_state(client.source), WW_SOURCE_AWAY);
    assert_non_null(ww_world_container_by_name(client.world, "c"));
    fake_start(&engine, address, NULL);
    free(fake_tell(&engine, "/fake/do", "[[\"add_container\", \"d\"]]"));
    client_settle(&client);
    assert_int_equal(ww_source_generation(client.source), 2);
    assert_null(ww_world_container_by_name(client.world, "c"));
    assert_non_null(ww_world_container_by_name(client.world, "d"));
    client_close(&client);
}

static void a_lost_stream_is_resumed_from_the_last_event(void **state)
{
    (void)state;
    struct client client;
    char since[64];
    open_started(&client);
    client_settle(&client);
    assert_int_equal(ww_source_last_event(client.source), 0);
    free(fake_tell(&engine, "/fake/do", "[[\"add_container\", \"d\"]]"));
    loop_for(&client.loop, 100);
    client_settle(&client);
    int64_t last = ww_source_last_event(client.source);
    assert_true(last > 0);
    fake_do(&engine, "/fake/log", "");
    fake_do(&engine, "/fake/drop", "");
    assert_true(client_reaches(&client, 2, 3000));
    client_settle(&client);
    char *log = fake_tell(&engine, "/fake/log", "");
    snprintf(since, sizeof(since), "&since=%lld.%09lld\"", (long long)(last / WW_NS_PER_S),
             (long long)(last % WW_NS_PER_S));
    assert_non_null(strstr(log, since));
    free(log);
    client_close(&client);
}

static void the_time_given_at_the_start_is_resumed_from(void **state)
{
    (void)state;
    struct client client;
    client_open(&client, &engine, (struct ww_source_options){.since_ns = 1700000000000000042});
    ww_source_start(client.source);
    client_settle(&client);
    char *log = fake_tell(&engine, "/fake/log", "");
    assert_non_null(strstr(log, "&since=1700000000.000000042\""));
    free(log);
    client_close(&client);
}

static void garbage_in_a_running_stream_loses_nothing(void **state)
{
    (void)state;
    struct client client;
    struct ww_notice notice;
    open_started(&client);
    client_settle(&client);
    fake_do(&engine, "/fake/send", "{\"text\": \"\\u0000\\u0001nonsense\\n\"}");
    assert_true(client_hears(&client, "an event that cannot be read", &notice, 2000));
    free(fake_tell(&engine, "/fake/do", "[[\"add_container\", \"d\"]]"));
    assert_true(client_reaches(&client, 2, 3000));
    client_settle(&client);
    assert_non_null(ww_world_container_by_name(client.world, "d"));
    client_close(&client);
}

static void silence_between_events_is_no_fault(void **state)
{
    (void)state;
    struct client client;
    struct ww_notice notice;
    open_started(&client);
    client_settle(&client);
    loop_for(&client.loop, 900);
    assert_int_equal(ww_source_generation(client.source), 1);
    assert_int_equal(ww_source_state(client.source), WW_SOURCE_SYNCED);
    assert_false(ww_source_take_notice(client.source, &notice));
    client_close(&client);
}

static void asking_for_everything_again_keeps_the_stream(void **state)
{
    (void)state;
    struct client client;
    open_started(&client);
    client_settle(&client);
    fake_do(&engine, "/fake/log", "");
    ww_source_resync(client.source);
    ww_source_resync(client.source);
    assert_int_equal(ww_source_state(client.source), WW_SOURCE_SYNCED);
    assert_true(ww_source_is_busy(client.source));
    client_settle(&client);
    assert_int_equal(ww_source_generation(client.source), 3);
    char *log = fake_tell(&engine, "/fake/log", "");
    assert_null(strstr(log, "/events"));
    assert_non_null(strstr(log, "/containers/json"));
    free(log);
    client_close(&client);
}

static void the_waits_between_tries_grow(void **state)
{
    (void)state;
    struct client client;
    fake_do(&engine, "/fake/faults", "[{\"match\": \"^/version\", \"kind\": \"status\", \"status\": 500}]");
    open_started(&client);
    loop_for(&client.loop, 1000); /* tries at 0, 50, 150, 350, 750 ms */
    char *log = fake_tell(&engine, "/fake/log", "");
    int tries = 0;
    for (const char *at = log; (at = strstr(at, "/version")); at++)
        tries++;
    assert_in_range(tries, 4, 5);
    free(log);
    client_close(&client);
}

static const struct {
    const char *version;
    const char *option;
    const char *engine; /* what is said then; NULL: away */
    const char *notice;
} versions[] = {
    {"{\"Version\": \"20.10.24\", \"ApiVersion\": \"1.41\", \"MinAPIVersion\": \"1.12\"}", "", "20.10.24, API 1.41",
     NULL},
    {"{\"Version\": \"x\", \"ApiVersion\": \"1.56\", \"MinAPIVersion\": \"1.40\"}", NULL, "x, API 1.51", NULL},
    {"{\"Version\": \"x\", \"ApiVersion\": \"1.56\", \"MinAPIVersion\": \"1.40\"}", "1.44", "x, API 1.44", NULL},
    {"{\"Version\": \"x\", \"ApiVersion\": \"1.56\", \"MinAPIVersion\": \"1.40\"}", "v1.44", "x, API 1.44", NULL},
    {"{\"Version\": \"x\", \"ApiVersion\": \"1.9\"}", NULL, "x, API 1.9", NULL},
    {"{\"Version\": \"x\", \"ApiVersion\": \"2.3\", \"MinAPIVersion\": \"1.52\"}", NULL, "x, API 1.52",
     "the engine speaks API 1.52 at least, which is newer than the 1.51"},
    {"{\"Version\": \"x\", \"ApiVersion\": \"1.41\", \"MinAPIVersion\": \"1.12\"}", "1.50", NULL,
     "DOCKER_API_VERSION is 1.50, but the engine speaks 1.41 at most"},
    {"{\"Version\": \"x\", \"ApiVersion\": \"1.56\", \"MinAPIVersion\": \"1.40\"}", "1.24", NULL,
     "DOCKER_API_VERSION is 1.24, but the engine speaks 1.40 at least"},
    {"{\"Version\": \"x\", \"ApiVersion\": \"nonsense\"}", NULL, NULL, "does not say which API version"},
    {"{\"Version\": \"x\", \"ApiVersion\": \"1.4/../..\"}", NULL, NULL, "does not say which API version"},
};

static bool has_engine(void *arg)
{
    return ww_source_engine(arg)[0] != '\0';
}

static void the_api_version_is_negotiated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        struct client client;
        struct ww_notice notice;
        char json[512];
        char text[300];
        size_t n = 0;
        for (const char *c = versions[i].version; *c; c++) {
            if (*c == '"')
                text[n++] = '\\';
            text[n++] = *c;
        }
        text[n] = '\0';
        snprintf(json, sizeof(json), "[{\"match\": \"^/version\", \"kind\": \"garbage\", \"text\": \"%s\"}]", text);
        fake_do(&engine, "/fake/faults", json);
        client_open(&client, &engine, (struct ww_source_options){.api_version = versions[i].option});
        ww_source_start(client.source);
        if (versions[i].notice)
            assert_true(client_hears(&client, versions[i].notice, &notice, 2000));
        if (versions[i].engine) {
            assert_true(loop_until(&client.loop, has_engine, client.source, 2000));
            assert_string_equal(ww_source_engine(client.source), versions[i].engine);
        }
        client_close(&client);
    }
}

static const struct {
    struct ww_source_options options;
    const char *why;
} refused[] = {
    {{.host = "ssh://192.0.2.1"}, "not supported"},
    {{.api_version = "1"}, "is not a version like 1.41"},
    {{.api_version = "1.41/../x"}, "is not a version like 1.41"},
    {{.api_version = "1.x"}, "is not a version like 1.41"},
    {{.api_version = "01.41"}, "is not a version like 1.41"},
    {{.host = "tcp://192.0.2.1", .cert_path = "/nonexistent"}, "DOCKER_CERT_PATH '/nonexistent': No such file"},
    {{.host = "tcp://192.0.2.1", .cert_path = "/dev/null"}, "is not a folder"},
    {{.host = "tcp://192.0.2.1", .cert_path = "/sys", .tls_verify = true}, "cannot read '/sys/ca.pem'"},
};

static void options_that_cannot_be_right_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct loop loop;
        struct ww_source *source = NULL;
        struct ww_error err = {0};
        loop_init(&loop);
        struct ww_source_io io = loop_io(&loop);
        struct ww_world *world = ww_world_new();
        assert_int_equal(ww_source_new(&refused[i].options, &io, world, &source, &err), -EINVAL);
        assert_int_equal(err.code, -EINVAL);
        if (!strstr(err.text, refused[i].why))
            fail_msg("said instead: %s", err.text);
        assert_null(source);
        ww_world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_that_cannot_be_right_are_refused),
        cmocka_unit_test_setup(a_passing_fault_is_noticed_once_and_survived, reset_engine),
        cmocka_unit_test_setup(a_passing_fault_of_one_object_is_tried_again_in_silence, reset_engine),
        cmocka_unit_test_setup(a_lasting_fault_of_one_object_does_not_stop_the_others, reset_engine),
        cmocka_unit_test_setup(an_engine_that_answers_nothing_more_is_known_while_its_stream_is_open, reset_engine),
        cmocka_unit_test_setup(an_image_that_cannot_be_asked_for_counts_as_gone, reset_engine),
        cmocka_unit_test_setup(no_engine_at_the_start_is_waited_for, reset_engine),
        cmocka_unit_test_setup(a_restart_keeps_the_world_and_then_reconciles_it, reset_engine),
        cmocka_unit_test_setup(a_lost_stream_is_resumed_from_the_last_event, reset_engine),
        cmocka_unit_test_setup(the_time_given_at_the_start_is_resumed_from, reset_engine),
        cmocka_unit_test_setup(garbage_in_a_running_stream_loses_nothing, reset_engine),
        cmocka_unit_test_setup(silence_between_events_is_no_fault, reset_engine),
        cmocka_unit_test_setup(asking_for_everything_again_keeps_the_stream, reset_engine),
        cmocka_unit_test_setup(the_waits_between_tries_grow, reset_engine),
        cmocka_unit_test_setup(the_api_version_is_negotiated, reset_engine),
    };
    return cmocka_run_group_tests_name("docker.faults", tests, start_engine, stop_engine);
}
