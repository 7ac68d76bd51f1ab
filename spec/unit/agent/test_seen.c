/* What is remembered of flows that rules did not allow: in the words of rules, and not more than there is room for. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/seen.h"
#include "core/agent/seen_view.h"
#include "core/ir/text.h"
#include "helper_agent.h"
#include "spec/unit/addr.h"

struct stage {
    struct ww_agent a;
    struct ww_seen_flows *seen;
};

static struct ww_addr addr(const char *text)
{
    struct ww_addr a = {0};
    assert_int_equal(ww_addr_parse(text, &a, NULL), 0);
    return a;
}

static void manage(struct ww_agent *a, const char *text)
{
    struct ww_ruleset *rs = NULL;
    struct ww_error err = {0};
    if (ww_ruleset_read(text, &rs, &err) < 0 || ww_plan_set(a->applied, rs, &err) < 0)
        fail_msg("%s", err.text);
    ww_ruleset_unref(rs);
}

/* web, db and free are on one network, the first letters of their names being their addresses; other is elsewhere. */
static int set_up(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->a.world = ww_world_new();
    s->a.applied = ww_plan_new();
    s->a.fences_applied = ww_fences_new();
    struct ww_fence *host = ww_fence_new("host", "host", "");
    struct ww_addr own = addr("192.0.2.1");
    host->host = true;
    assert_int_equal(ww_fence_add_own(host, &own), 0);
    assert_int_equal(ww_fence_seal(host, NULL), 0);
    assert_int_equal(ww_fences_set(s->a.fences_applied, host, NULL), 0);
    ww_fence_unref(host);
    helper_put(&s->a, "web", "net", NULL);
    helper_put(&s->a, "db", "net", NULL);
    helper_put(&s->a, "free", "net", NULL);
    helper_put(&s->a, "other", "far", NULL);
    helper_put(&s->a, "twin", "a-twin", NULL);
    helper_attach_at(&s->a, "a-twin", "twin", "198.51.100.100"); /* of another network with the same subnet */
    helper_attach(&s->a, (const char *[]){"web", "db", "free", NULL});
    helper_attach_at(&s->a, "far", "other", "203.0.113.9");
    manage(&s->a, "ruleset web \"web\" audited\nendpoint 198.51.100.119 - -\n"
                  "publish tcp 80 on 0.0.0.0 port 8080\npublish udp 81 on 192.0.2.1 port 8081\n"
                  "publish tcp 82 on 192.0.2.1 port 8082\npublish tcp 83 on 192.0.2.2 port 8082\n");
    manage(&s->a, "ruleset db \"db\" audited\nendpoint 198.51.100.100 - -\n");
    s->seen = ww_seen_flows_new();
    assert_non_null(s->seen);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    ww_seen_flows_free(s->seen);
    ww_plan_free(s->a.applied);
    ww_fences_free(s->a.fences_applied);
    ww_world_free(s->a.world);
    free(s);
    return 0;
}

struct row {
    enum ww_drop_reason reason;
    const char *src;
    const char *dst;
    uint16_t dport;
    const char *dialled; /* NULL: dst */
    uint32_t in;         /* interface; 0: from the host */
    uint32_t out;
    const char *subject; /* NULL: it is remembered of no container */
    const char *wanted;
};

#define WEB "198.51.100.119"
#define DB "198.51.100.100"
#define FREE "198.51.100.102"
#define FAR "203.0.113.9"

static const struct row rows[] = {
    {WW_REASON_OUT, WEB, DB, 5432, NULL, 7, 8, "web", "output net/db 5432"},
    {WW_REASON_OUT, WEB, FAR, 80, NULL, 7, 8, "web", "output 203.0.113.9 80"},
    {WW_REASON_OUT, WEB, "192.0.2.9", 53, NULL, 7, 8, "web", "output 192.0.2.9 53"},
    {WW_REASON_OUT, WEB, "192.0.2.1", 443, NULL, 7, 0, "web", "output host 443"},
    {WW_REASON_OUT, WEB, FAR, 80, "192.0.2.1", 7, 8, "web", "output host 8180"},        /* published by one elsewhere */
    {WW_REASON_OUT, WEB, FAR, 80, "192.0.2.77", 7, 8, "web", "output 192.0.2.77 8180"}, /* by a rule of the site's */
    {WW_REASON_OUT, WEB, DB, 80, "192.0.2.1", 7, 8, "web", "output net/db 80"},
    {WW_REASON_OUT, FREE, DB, 80, NULL, 7, 8, NULL, NULL},
    {WW_REASON_IN, FREE, DB, 5432, NULL, 7, 8, "db", "input net/free 5432"},
    {WW_REASON_IN, FAR, DB, 5432, NULL, 7, 8, "db", "input 203.0.113.9 5432"},
    {WW_REASON_IN, "192.0.2.9", WEB, 80, "192.0.2.1", 7, 8, "web", "external 192.0.2.9 80"},
    {WW_REASON_HOST, "198.51.100.1", WEB, 80, NULL, 0, 8, "web", "localhost host 80"},
    {WW_REASON_HOST, "198.51.100.1", WEB, 81, NULL, 0, 8, "web", "input host 81"},
    {WW_REASON_PORT, "192.0.2.9", "192.0.2.1", 8080, NULL, 7, 0, "web", "external 192.0.2.9 80"},
    {WW_REASON_PORT, "192.0.2.1", "192.0.2.1", 8080, NULL, 1, 0, "web", "localhost host 80"},
    {WW_REASON_PORT, "192.0.2.9", "192.0.2.1", 8082, NULL, 7, 0, "web", "external 192.0.2.9 82"},
    {WW_REASON_PORT, "192.0.2.9", "192.0.2.2", 8082, NULL, 7, 0, "web", "external 192.0.2.9 83"},
    {WW_REASON_PORT, FREE, "192.0.2.1", 8080, NULL, 7, 0, "web", "input net/free 80"},
    {WW_REASON_INVALID, WEB, DB, 5432, NULL, 7, 8, NULL, NULL},
    {WW_REASON_SPOOF, WEB, DB, 5432, NULL, 7, 8, NULL, NULL},
};

static void note(struct stage *s, const struct row *row)
{
    struct ww_drop drop = {.reason = row->reason,
                           .audited = true,
                           .src = addr_of(row->src),
                           .dst = addr_of(row->dst),
                           .proto = IPPROTO_TCP,
                           .has_ports = true,
                           .sport = 4000,
                           .dport = row->dport,
                           .in = row->in,
                           .out = row->out};
    if (row->dialled) {
        drop.orig_dst = addr_of(row->dialled);
        drop.orig_dport = (uint16_t)(row->dport + 8100);
    }
    ww_seen_flows_note(&s->a, s->seen, &drop);
}

static struct ww_suggestion ask(struct stage *s, const char *id)
{
    struct ww_suggestion suggestion = {0};
    uint64_t any;
    assert_int_equal(ww_seen_flows_of(s->seen, ww_world_container(s->a.world, id), &suggestion), 0);
    ww_seen_flows_left_out(s->seen, ww_world_container(s->a.world, id), &suggestion.left_out, &any);
    suggestion.left_out += any;
    return suggestion;
}

static void write_seen(const struct ww_seen *seen, char ret[static 128])
{
    static const char *const sides[] = {"localhost", "external", "input", "output"};
    char text[WW_ADDR_TEXT];
    char named[96];
    snprintf(named, sizeof(named), "%s/%s", seen->network ? seen->network : "", seen->name ? seen->name : "");
    snprintf(ret, 128, "%s %s %u", sides[seen->side],
             seen->peer == WW_SEEN_CONTAINER ? named
             : seen->peer == WW_SEEN_HOST    ? "host"
             : seen->peer == WW_SEEN_ANY     ? "any"
                                             : ww_addr_text(&seen->addr, text),
             seen->port);
}

static void a_report_is_told_in_the_words_of_rules(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage *s = *state;
        char text[128] = "";
        note(s, &rows[i]);
        struct ww_suggestion web = ask(s, "web");
        struct ww_suggestion db = ask(s, "db");
        struct ww_suggestion *of = rows[i].subject && strcmp(rows[i].subject, "db") == 0 ? &db : &web;
        if (of->n)
            write_seen(&of->seen[0], text);
        if (web.n + db.n != (rows[i].subject != NULL) || (rows[i].wanted && strcmp(text, rows[i].wanted) != 0))
            fail_msg("row %zu: %zu + %zu flows, %s", i, web.n, db.n, text);
        ww_suggestion_done(&web);
        ww_suggestion_done(&db);
        tear_down(state);
        set_up(state);
    }
}

static void like_flows_are_one(void **state)
{
    struct stage *s = *state;
    note(s, &rows[0]);
    note(s, &rows[0]);
    note(s, &rows[1]);
    struct ww_suggestion of = ask(s, "web");
    assert_int_equal(of.n, 2);
    assert_int_equal(of.seen[0].reports, 2);
    assert_true(of.seen[0].audited && of.seen[0].first_ns <= of.seen[0].last_ns);
    ww_suggestion_done(&of);
}

static void what_the_senders_rule_will_open_is_known(void **state)
{
    struct stage *s = *state;
    struct row in = {WW_REASON_IN, WEB, DB, 5432, NULL, 7, 8, "db", ""};
    note(s, &in);
    struct ww_suggestion of = ask(s, "db");
    assert_int_equal(of.n, 1);
    assert_false(of.seen[0].opened);
    ww_suggestion_done(&of);
    note(s, &rows[0]);
    of = ask(s, "db");
    assert_true(of.seen[0].opened);
    ww_suggestion_done(&of);
}

static void it_outlives_its_container(void **state)
{
    struct stage *s = *state;
    note(s, &rows[0]);
    ww_world_remove_container(s->a.world, "web");
    helper_put(&s->a, "web", "net", NULL);
    struct ww_suggestion of = ask(s, "web");
    assert_int_equal(of.n, 1);
    ww_suggestion_done(&of);
}

/* Whatever labels say: they are texts, and images have some, too. */
static void services_of_two_projects_are_two(void **state)
{
    static const char *const labels[][2] = {{"a", "b_c"}, {"a_b", "c"}, {"a/b", "c"}, {"a", "b/c"}, {"a b", "c"},
                                            {"a", "b c"}, {"1 a", "c"}, {"", "a"},    {NULL, "a"},  {"swarm", "a"}};
    char *keys[sizeof(labels) / sizeof(labels[0])];
    size_t n = sizeof(labels) / sizeof(labels[0]);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct ww_container c = {.name = (char *)(uintptr_t) "a",
                                 .project = (char *)(uintptr_t)labels[i][0],
                                 .service = (char *)(uintptr_t)labels[i][1]};
        struct ww_buf key = {0};
        ww_seen_subject(&c, &key);
        keys[i] = ww_buf_take(&key);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(keys[i], keys[j]);
    }
    for (size_t i = 0; i < n; i++)
        free(keys[i]);
}

/* As many clients as there are in the world. */
static void many_clients_are_anybody(void **state)
{
    struct stage *s = *state;
    char text[32];
    struct row row = rows[10];
    row.src = text;
    for (unsigned i = 0; i < 40; i++) {
        snprintf(text, sizeof(text), "192.0.2.%u", 100 + i);
        note(s, &row);
    }
    struct ww_suggestion of = ask(s, "web");
    assert_int_equal(of.n, 33);
    assert_int_equal(of.seen[32].peer, WW_SEEN_ANY);
    assert_int_equal(of.seen[32].reports, 8);
    assert_int_equal(of.left_out, 0);
    ww_suggestion_done(&of);
}

/* A scan of ports is no reason to forget, or to work, without end; and it is said. */
static void there_is_an_end_to_flows(void **state)
{
    struct stage *s = *state;
    struct row row = rows[2];
    for (unsigned i = 0; i < 1100; i++) {
        if (i % 380 == 379) /* so many are looked at in a second */
            usleep(1000000);
        row.dport = (uint16_t)(1000 + i);
        note(s, &row);
    }
    struct ww_suggestion of = ask(s, "web");
    assert_int_equal(of.n, 1024);
    assert_int_equal(of.left_out, 1100 - 1024);
    ww_suggestion_done(&of);
}

static void reports_that_are_too_many_at_once_are_counted(void **state)
{
    struct stage *s = *state;
    struct row row = rows[2];
    for (unsigned i = 0; i < 1000; i++) {
        row.dport = (uint16_t)(1000 + i);
        note(s, &row);
    }
    struct ww_suggestion of = ask(s, "web");
    assert_in_range(of.n, 400, 800); /* of one second, or of two */
    assert_int_equal(of.left_out, 1000 - of.n);
    ww_suggestion_done(&of);
    of = ask(s, "db"); /* they are the other one's */
    assert_int_equal(of.left_out, 0);
    ww_suggestion_done(&of);
}

/* More containers than there is room for: of one that has none it is said, as of each, for it may be any. */
static void containers_that_are_too_many_are_counted(void **state)
{
    struct stage *s = *state;
    char id[16];
    char text[128];
    struct row row = {WW_REASON_OUT, text, "192.0.2.9", 53, NULL, 7, 8, NULL, NULL};
    for (unsigned i = 0; i < 1025; i++) {
        snprintf(id, sizeof(id), "c%u", i);
        helper_put(&s->a, id, "many", NULL);
        snprintf(text, sizeof(text), "ruleset %s \"%s\" audited\nendpoint 10.0.%u.%u - -\n", id, id, i / 256, i % 256);
        manage(&s->a, text);
        snprintf(text, sizeof(text), "10.0.%u.%u", i / 256, i % 256);
        note(s, &row);
    }
    struct ww_suggestion of = ask(s, "c1024");
    assert_true(of.n == 0 && of.left_out == 1);
    ww_suggestion_done(&of);
    ww_seen_flows_lost(s->seen);
    of = ask(s, "c1");
    assert_true(of.n == 1 && of.left_out == 2);
    ww_suggestion_done(&of);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_told_in_the_words_of_rules),
        TEST(like_flows_are_one),
        TEST(what_the_senders_rule_will_open_is_known),
        TEST(it_outlives_its_container),
        TEST(services_of_two_projects_are_two),
        TEST(many_clients_are_anybody),
        TEST(there_is_an_end_to_flows),
        TEST(reports_that_are_too_many_at_once_are_counted),
        TEST(containers_that_are_too_many_are_counted),
    };
    return cmocka_run_group_tests_name("seen", tests, NULL, NULL);
}
