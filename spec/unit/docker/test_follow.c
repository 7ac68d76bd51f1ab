/* The source against the fake engine: what the engine has must be what the world has, whatever the order. */
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

#define SEEDS 25
#define LATE_MS 2200

static struct fake engine;

static int start_engine(void **state)
{
    char listen[128];
    (void)state;
    snprintf(listen, sizeof(listen), "unix://%s/engine.sock", fake_folder());
    fake_start(&engine, listen, NULL);
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
    fake_do(&engine, "/fake/delay", "{\"most_ms\": 0}");
    fake_do(&engine, "/fake/log", "");
    return 0;
}

static void open_started(struct client *client)
{
    client_open(client, &engine, (struct ww_source_options){0});
    ww_source_start(client->source);
}

/* The world of a source that sees the engine for the first time. */
static char *fresh_world(void)
{
    struct client client;
    open_started(&client);
    client_settle(&client);
    /* So that published ports of what is down are known here, too. */
    ww_source_resync(client.source);
    client_settle(&client);
    char *text = world_text(client.world);
    client_close(&client);
    return text;
}

struct seen_all {
    struct client *client;
    int64_t last;
};

static bool has_seen_all(void *arg)
{
    const struct seen_all *seen = arg;
    return ww_source_last_event(seen->client->source) >= seen->last && !ww_source_is_busy(seen->client->source);
}

/* Send one more event, and drive until it was seen and all is answered. */
static void see_all(struct client *client)
{
    free(fake_tell(&engine, "/fake/do", "[[\"add_network\", \"marker\", \"null\"]]"));
    char *clock = fake_tell(&engine, "/fake/do", "[[\"last_time\"]]");
    struct seen_all seen = {.client = client, .last = strtoll(clock + 1, NULL, 10)};
    free(clock);
    assert_true(seen.last > 0);
    assert_true(loop_until(&client->loop, has_seen_all, &seen, 10000));
}

static void check_storm(bool shuffle, int most_ms)
{
    for (int seed = 1; seed <= SEEDS; seed++) {
        char json[96];
        struct client client;
        reset_engine(NULL);
        snprintf(json, sizeof(json), "{\"seed\": %d, \"most_ms\": %d}", seed, most_ms);
        fake_do(&engine, "/fake/storm", "{\"seed\": 99, \"steps\": 30}");
        fake_do(&engine, "/fake/delay", json);
        open_started(&client);
        if (seed % 2) /* else the events begin while the first list is under way */
            client_settle(&client);
        else
            loop_for(&client.loop, seed % 5);
        snprintf(json, sizeof(json), "{\"seed\": %d, \"steps\": 60, \"shuffle\": %s}", seed,
                 shuffle ? "true" : "false");
        fake_do(&engine, "/fake/storm", json);
        client_settle(&client);
        see_all(&client);
        char *got = world_text(client.world);
        char *wanted = fresh_world();
        if (strcmp(got, wanted) != 0)
            print_error("seed %d\n", seed);
        assert_string_equal(got, wanted);
        free(got);
        free(wanted);
        client_close(&client);
    }
}

static void events_in_order_give_the_engines_world(void **state)
{
    (void)state;
    check_storm(false, 0);
}

static void late_answers_never_overwrite_newer_ones(void **state)
{
    (void)state;
    check_storm(false, 8);
}

static void events_in_any_order_give_the_same_world(void **state)
{
    (void)state;
    check_storm(true, 4);
}

static void subscribes_before_it_lists(void **state)
{
    (void)state;
    struct client client;
    open_started(&client);
    client_settle(&client);
    char *log = fake_tell(&engine, "/fake/log", "");
    const char *version = strstr(log, "\"/version\"");
    const char *events =
        strstr(log, "/v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%2C%22service%22%5D%7D\"");
    const char *list = strstr(log, "/v1.41/containers/json?all=1\"");
    assert_non_null(version);
    assert_non_null(events);
    assert_non_null(list);
    assert_true(version < events && events < list);
    assert_int_equal(ww_source_generation(client.source), 1);
    assert_string_equal(ww_source_engine(client.source), "20.10.24, API 1.41");
    free(log);
    client_close(&client);
}

/* Whoever takes nothing for a while is not told all: an event that comes late is a sign of that. */
static void late_events_make_it_ask_for_everything(void **state)
{
    (void)state;
    struct client client;
    open_started(&client);
    client_settle(&client);
    see_all(&client);
    fake_do(&engine, "/fake/do", "[[\"hold\"], [\"add_network\", \"told\"]]");
    fake_do(&engine, "/fake/do", "[[\"add_network\", \"untold\", \"bridge\", null, null, true]]");
    loop_for(&client.loop, LATE_MS);
    assert_int_equal(ww_source_generation(client.source), 1);
    fake_do(&engine, "/fake/do", "[[\"release\"]]");
    assert_true(client_reaches(&client, 2, 5000));
    assert_non_null(ww_world_network_by_name(client.world, "untold"));
    see_all(&client);
    loop_for(&client.loop, 1000);
    assert_int_equal(ww_source_generation(client.source), 2);
    client_close(&client);
}

static void an_address_is_known_before_a_blocked_inspect_answers(void **state)
{
    (void)state;
    struct client client;
    fake_do(&engine, "/fake/do", "[[\"add_network\", \"n\", \"bridge\", 7]]");
    open_started(&client);
    client_settle(&client);
    free(fake_tell(&engine, "/fake/do", "[[\"add_container\", \"c\", {\"whalewall.enabled\": \"true\"}, [\"n\"]]]"));
    client_settle(&client);
    see_all(&client);
    const struct ww_container *c = ww_world_container_by_name(client.world, "c");
    const struct ww_network *n = ww_world_network_by_name(client.world, "n");
    assert_non_null(c);
    assert_int_equal(c->state, WW_CREATED);
    fake_do(&engine, "/fake/faults", "[{\"match\": \"/containers/[0-9a-f]+/json\", \"kind\": \"slow\", \"ms\": 400}]");
    char json[128];
    snprintf(json, sizeof(json), "[[\"start\", \"%s\"]]", c->id);
    fake_do(&engine, "/fake/do", json);
    loop_for(&client.loop, 150);
    n = ww_world_network_by_name(client.world, "n");
    c = ww_world_container_by_name(client.world, "c");
    assert_int_equal(n->n_endpoints, 1);
    assert_int_equal(c->state, WW_CREATED);
    assert_true(ww_source_is_busy(client.source));
    client_settle(&client);
    assert_int_equal(ww_world_container_by_name(client.world, "c")->state, WW_RUNNING);
    client_close(&client);
}

static void the_event_says_what_is_created_while_its_inspect_is_blocked(void **state)
{
    (void)state;
    struct client client;
    fake_do(&engine, "/fake/do", "[[\"add_network\", \"n\", \"bridge\", 7]]");
    open_started(&client);
    client_settle(&client);
    fake_do(&engine, "/fake/faults", "[{\"match\": \"/containers/[0-9a-f]+/json\", \"kind\": \"slow\", \"ms\": 400}]");
    free(fake_tell(&engine, "/fake/do",
                   "[[\"add_container\", \"c\", {\"whalewall.enabled\": \"yes\", \"whalewall.rules\": \"output: []\","
                   "\"com.docker.compose.project\": \"p\", \"com.docker.compose.service\": \"s\"}, [\"n\"]]]"));
    loop_for(&client.loop, 150);
    const struct ww_container *c = ww_world_container_by_name(client.world, "c");
    assert_non_null(c);
    assert_true(ww_source_is_busy(client.source));
    assert_string_not_equal(c->image_id, "");
    assert_int_equal(c->state, WW_CREATED);
    assert_int_equal(ww_container_managed(c), WW_MANAGED);
    assert_string_equal(c->label_rules, "output: []");
    assert_string_equal(c->project, "p");
    assert_string_equal(c->service, "s");
    client_settle(&client);
    assert_non_null(ww_world_container_by_name(client.world, "c")->image_id);
    client_close(&client);
}

/* More blocked inspects than there may be requests in flight. */
static void blocked_inspects_leave_room_for_addresses(void **state)
{
    (void)state;
    struct client client;
    struct ww_buf json = {0};
    fake_do(&engine, "/fake/populate", "{\"containers\": 50}");
    open_started(&client);
    client_settle(&client);
    fake_do(&engine, "/fake/faults", "[{\"match\": \"/containers/[0-9a-f]+/json\", \"kind\": \"slow\", \"ms\": 1000}]");
    for (int i = 0; i < 50; i++) {
        char name[8];
        snprintf(name, sizeof(name), "c-%d", i);
        const char *id = ww_world_container_by_name(client.world, name)->id;
        ww_buf_fmt(&json, "%s[\"rename\", \"%s\", \"d-%d\"]", i ? ", " : "[", id, i);
    }
    ww_buf_str(&json, "]");
    fake_do(&engine, "/fake/do", json.data);
    loop_for(&client.loop, 100);
    fake_do(&engine, "/fake/do", "[[\"add_network\", \"late\", \"bridge\", 9]]");
    loop_for(&client.loop, 300);
    assert_non_null(ww_world_network_by_name(client.world, "late"));
    assert_null(ww_world_container_by_name(client.world, "d-0"));
    ww_buf_done(&json);
    client_close(&client);
}

static void questions_for_one_object_are_asked_once_at_a_time(void **state)
{
    (void)state;
    struct client client;
    fake_do(&engine, "/fake/do", "[[\"add_container\", \"c\"]]");
    open_started(&client);
    client_settle(&client);
    char json[512];
    const char *id = ww_world_container_by_name(client.world, "c")->id;
    fake_do(&engine, "/fake/log", "");
    fake_do(&engine, "/fake/faults", "[{\"match\": \"/containers/[0-9a-f]+/json\", \"kind\": \"slow\", \"ms\": 100}]");
    snprintf(json, sizeof(json),
             "[[\"rename\", \"%s\", \"d\"], [\"rename\", \"%s\", \"e\"], [\"rename\", \"%s\", \"f\"], [\"rename\", "
             "\"%s\", \"g\"]]",
             id, id, id, id);
    fake_do(&engine, "/fake/do", json);
    loop_for(&client.loop, 30);
    client_settle(&client);
    assert_non_null(ww_world_container_by_name(client.world, "g"));
    char *log = fake_tell(&engine, "/fake/log", "");
    int asked = 0;
    for (const char *at = log; (at = strstr(at, "/containers/")); at++)
        asked++;
    assert_in_range(asked, 1, 2);
    free(log);
    client_close(&client);
}

/* Which process the containers have that run already: a thousand of them must not keep one waiting that starts. */
static void processes_are_asked_for_a_few_at_a_time_and_after_all_else(void **state)
{
    (void)state;
    struct client client;
    char json[256];
    fake_do(&engine, "/fake/populate", "{\"containers\": 20}");
    open_started(&client);
    client_settle(&client);
    const char *last = ww_world_container_by_name(client.world, "c-19")->id;
    snprintf(json, sizeof(json), "[[\"process\", \"%s\", 4711]]", last);
    fake_do(&engine, "/fake/do", json);
    fake_do(&engine, "/fake/faults", "[{\"match\": \"/containers/[0-9a-f]+/json\", \"kind\": \"slow\", \"ms\": 200}]");
    fake_do(&engine, "/fake/log", "");
    int64_t before = ww_clock_mono();
    for (int i = 0; i < 20; i++) {
        char name[8];
        snprintf(name, sizeof(name), "c-%d", i);
        ww_source_ask_process(client.source, ww_world_container_by_name(client.world, name)->id, before);
    }
    snprintf(json, sizeof(json), "[[\"rename\", \"%s\", \"d\"]]", last); /* the same question, by a client in a hurry */
    fake_do(&engine, "/fake/do", json);
    loop_for(&client.loop, 100);
    char *log = fake_tell(&engine, "/fake/log", "");
    int asked = 0;
    for (const char *at = log; (at = strstr(at, "/containers/")); at++)
        asked++;
    assert_int_equal(asked, 5);
    assert_non_null(strstr(log, last));
    free(log);
    client_settle(&client);
    const struct ww_container *c = ww_world_container_by_name(client.world, "d");
    assert_int_equal(c->pid, 4711);
    assert_true(c->pid_told_ns >= before);
    c = ww_world_container_by_name(client.world, "c-7");
    assert_int_equal(c->pid, 0);
    assert_true(c->pid_told_ns >= before);
    client_close(&client);
}

static void a_removed_container_is_not_brought_back_by_a_late_answer(void **state)
{
    (void)state;
    struct client client;
    fake_do(&engine, "/fake/do", "[[\"add_container\", \"c\"]]");
    open_started(&client);
    client_settle(&client);
    char json[256];
    const char *id = ww_world_container_by_name(client.world, "c")->id;
    fake_do(&engine, "/fake/faults",
            "[{\"match\": \"/containers/[0-9a-f]+/json\", \"kind\": \"slow\", \"ms\": 100, \"times\": 1}]");
    snprintf(json, sizeof(json), "[[\"rename\", \"%s\", \"d\"]]", id);
    fake_do(&engine, "/fake/do", json);
    loop_for(&client.loop, 40);
    snprintf(json, sizeof(json), "[[\"remove\", \"%s\"]]", ww_world_container_by_name(client.world, "c")->id);
    fake_do(&engine, "/fake/do", json);
    loop_for(&client.loop, 200);
    assert_int_equal(ww_world_count(client.world), 0);
    client_settle(&client);
    client_close(&client);
}

static void what_an_image_says_is_known_when_synced(void **state)
{
    (void)state;
    struct client client;
    const char *label = NULL;
    bool known = false;
    char image[80] = "sha256:";
    for (int i = 0; i < 32; i++)
        strcat(image, "ab");
    fake_do(&engine, "/fake/do",
            "[[\"add_container\", \"c\", {\"whalewall.rules\": \"# x\"}], [\"add_container\", \"d\", "
            "{\"whalewall.rules\": \"# x\"}, [\"bridge\"], null, null, \"sha256:00\"]]");
    open_started(&client);
    assert_true(client_reaches(&client, 1, 5000));
    assert_int_equal(ww_world_image(client.world, image, &label, &known), 0);
    assert_true(known);
    assert_string_equal(label, "# of the image");
    assert_int_equal(ww_world_image(client.world, "sha256:00", &label, &known), 0);
    assert_false(known);
    client_close(&client);
}

static int64_t started_at(const struct client *client, const char *name)
{
    return ww_world_container_by_name(client->world, name)->started_at_ns;
}

/* A list does not say it. Whoever ran when the program came is not asked for: they are many. */
static void when_a_managed_container_was_started_unseen_is_asked_for(void **state)
{
    (void)state;
    struct client client;
    char *ids = fake_tell(&engine, "/fake/do",
                          "[[\"add_container\", \"before\", {\"whalewall.enabled\": \"true\"}], "
                          "[\"add_container\", \"managed\", {\"whalewall.enabled\": \"true\"}], "
                          "[\"add_container\", \"other\"]]");
    char id[3][65];
    char json[512];
    assert_int_equal(sscanf(ids, "[\"%64[0-9a-f]\", \"%64[0-9a-f]\", \"%64[0-9a-f]\"]", id[0], id[1], id[2]), 3);
    free(ids);
    snprintf(json, sizeof(json), "[[\"start\", \"%s\"]]", id[0]);
    fake_do(&engine, "/fake/do", json);
    open_started(&client);
    client_settle(&client);
    int64_t begin = ww_clock_real();
    snprintf(json, sizeof(json), "[[\"start\", \"%s\", true], [\"start\", \"%s\", true]]", id[1], id[2]);
    fake_do(&engine, "/fake/do", json);
    ww_source_resync(client.source);
    client_settle(&client);
    assert_int_equal(started_at(&client, "before"), 0);
    assert_int_equal(started_at(&client, "other"), 0);
    assert_true(started_at(&client, "managed") >= begin && started_at(&client, "managed") <= ww_clock_real());
    assert_string_equal(ww_world_next_start(client.world), id[1]);
    assert_null(ww_world_next_start(client.world));
    client_close(&client);
}

static void a_network_joined_while_running_is_seen(void **state)
{
    (void)state;
    struct client client;
    char *ids = fake_tell(&engine, "/fake/do",
                          "[[\"add_network\", \"n\", \"bridge\", 3], [\"add_network\", \"m\", \"bridge\", 4], "
                          "[\"add_container\", \"c\", {}, [\"n\"]]]");
    char m[65];
    char c[65];
    char json[256];
    assert_int_equal(sscanf(ids, "[\"%*64[0-9a-f]\", \"%64[0-9a-f]\", \"%64[0-9a-f]\"]", m, c), 2);
    free(ids);
    snprintf(json, sizeof(json), "[[\"start\", \"%s\"]]", c);
    fake_do(&engine, "/fake/do", json);
    open_started(&client);
    client_settle(&client);
    assert_int_equal(ww_world_container(client.world, c)->n_networks, 1);
    snprintf(json, sizeof(json), "[[\"connect\", \"%s\", \"%s\"]]", c, m);
    fake_do(&engine, "/fake/do", json);
    see_all(&client);
    assert_int_equal(ww_world_container(client.world, c)->n_networks, 2);
    assert_non_null(ww_network_endpoint(ww_world_network(client.world, m), c));
    client_close(&client);
}

static bool is_confirmed(void *arg)
{
    const struct ww_network *n = ww_world_network_by_name(((struct client *)arg)->world, "n");
    return ww_world_has_dirty_networks(((struct client *)arg)->world) && n;
}

/* Nothing has changed, but now it is known to be so later than before. */
static void a_network_that_was_asked_for_is_as_new_as_the_question(void **state)
{
    (void)state;
    struct client client;
    char **ids = NULL;
    size_t n_ids = 0;
    fake_do(&engine, "/fake/do", "[[\"add_network\", \"n\", \"bridge\", 3]]");
    open_started(&client);
    client_settle(&client);
    const struct ww_network *n = ww_world_network_by_name(client.world, "n");
    int64_t asked = ww_clock_mono();
    assert_true(n->told_ns > 0 && n->told_ns < asked);
    assert_int_equal(ww_world_take_dirty_networks(client.world, &ids, &n_ids, NULL), 0);
    while (n_ids)
        free(ids[--n_ids]);
    free(ids);
    ww_world_await_network(client.world, n->id);
    ww_source_ask_network(client.source, n->id, asked);
    ww_source_ask_network(client.source, n->id, asked); /* is under way, and new enough */
    assert_true(loop_until(&client.loop, is_confirmed, &client, 10000));
    assert_true(n->told_ns >= asked && n->told_ns <= ww_clock_mono());
    client_close(&client);
}

static void a_thousand_containers_are_there_within_seconds(void **state)
{
    (void)state;
    struct client client;
    fake_do(&engine, "/fake/populate", "{\"containers\": 1000}");
    int64_t began = ww_clock_mono();
    open_started(&client);
    assert_true(client_reaches(&client, 1, 10000));
    print_message("1000 containers, 20 networks: %lld ms\n", (long long)((ww_clock_mono() - began) / WW_NS_PER_MS));
    assert_int_equal(ww_world_count(client.world), 1000);
    assert_int_equal(ww_world_network_by_name(client.world, "net-19")->n_endpoints, 50);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(subscribes_before_it_lists, reset_engine),
        cmocka_unit_test_setup(events_in_order_give_the_engines_world, reset_engine),
        cmocka_unit_test_setup(late_answers_never_overwrite_newer_ones, reset_engine),
        cmocka_unit_test_setup(events_in_any_order_give_the_same_world, reset_engine),
        cmocka_unit_test_setup(late_events_make_it_ask_for_everything, reset_engine),
        cmocka_unit_test_setup(an_address_is_known_before_a_blocked_inspect_answers, reset_engine),
        cmocka_unit_test_setup(the_event_says_what_is_created_while_its_inspect_is_blocked, reset_engine),
        cmocka_unit_test_setup(blocked_inspects_leave_room_for_addresses, reset_engine),
        cmocka_unit_test_setup(questions_for_one_object_are_asked_once_at_a_time, reset_engine),
        cmocka_unit_test_setup(a_removed_container_is_not_brought_back_by_a_late_answer, reset_engine),
        cmocka_unit_test_setup(processes_are_asked_for_a_few_at_a_time_and_after_all_else, reset_engine),
        cmocka_unit_test_setup(what_an_image_says_is_known_when_synced, reset_engine),
        cmocka_unit_test_setup(when_a_managed_container_was_started_unseen_is_asked_for, reset_engine),
        cmocka_unit_test_setup(a_network_joined_while_running_is_seen, reset_engine),
        cmocka_unit_test_setup(a_network_that_was_asked_for_is_as_new_as_the_question, reset_engine),
        cmocka_unit_test_setup(a_thousand_containers_are_there_within_seconds, reset_engine),
    };
    return cmocka_run_group_tests_name("docker.follow", tests, start_engine, stop_engine);
}
