/* What is remembered of what the log says: in order, as much as there is room for, and with what was missed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/events.h"

struct stage {
    char path[64]; /* of the log */
    struct ww_log *log;
    struct ww_events *events;
};

static int set_up(void **state)
{
    static struct stage s;
    struct ww_error err = {0};
    strcpy(s.path, "/tmp/ww-events-XXXXXX");
    close(mkstemp(s.path));
    s.events = ww_events_new();
    assert_non_null(s.events);
    if (ww_log_new(s.path, WW_INFO, &s.log, &err) < 0)
        fail_msg("%s", err.text);
    ww_log_observe(s.log, ww_events_note, s.events);
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    ww_log_free(s->log);
    ww_events_free(s->events);
    unlink(s->path);
    return 0;
}

static struct ww_events_answer ask(const struct stage *s, uint64_t since)
{
    struct ww_events_answer answer = {0};
    struct ww_error err = {0};
    if (ww_events_answer(s->events, since, &answer, &err) < 0)
        fail_msg("%s", err.text);
    return answer;
}

static void an_event_has_what_the_line_has(void **state)
{
    struct stage *s = *state;
    char line[512] = "";
    ww_log(s->log, WW_INFO, "container enforced", WW_EVENT("enforced"), WW_ID("0123456789abcdef"),
           WW_S("container.name", "web"), WW_I("rules", 3), WW_S("why", "a \"word\""), WW_S("nothing", ""));
    struct ww_events_answer answer = ask(s, 0);
    assert_int_equal(answer.n, 1);
    const struct ww_event *e = answer.events[0];
    assert_string_equal(e->kind, "enforced");
    assert_string_equal(e->level, "info");
    assert_string_equal(e->text, "container enforced");
    assert_string_equal(e->container, "web");
    assert_string_equal(e->id, "0123456789ab");
    assert_string_equal(e->details, "{\"rules\":3,\"why\":\"a \\\"word\\\"\"}");
    ww_events_answer_done(&answer);
    FILE *log = fopen(s->path, "r");
    assert_non_null(log);
    assert_non_null(fgets(line, sizeof(line), log));
    fclose(log);
    assert_non_null(strstr(line, "\"msg\":\"container enforced\",\"container.id\":\"0123456789ab\","));
}

static void what_is_wrong_is_an_event_and_the_rest_is_none(void **state)
{
    static const char *const kinds[] = {"warning", "error", "quarantined"};
    struct stage *s = *state;
    ww_log(s->log, WW_INFO, "something else");
    ww_log(s->log, WW_WARN, "packet dropped", WW_EVENT(WW_EVENT_DROP));
    ww_log(s->log, WW_DEBUG, "of no interest", WW_EVENT("guarded"));
    ww_log(s->log, WW_WARN, "a warning");
    ww_log(s->log, WW_ERROR, "an error", WW_S("error", "why"));
    ww_log(s->log, WW_ERROR, "closed", WW_EVENT("quarantined"));
    struct ww_events_answer answer = ask(s, 0);
    assert_int_equal(answer.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(answer.events[i]->kind, kinds[i]);
    ww_events_answer_done(&answer);
}

static void a_reader_that_is_late_is_told_what_it_missed(void **state)
{
    struct stage *s = *state;
    for (int i = 0; i < WW_EVENTS_KEPT + 10; i++)
        ww_log(s->log, WW_INFO, "an event", WW_EVENT("enforced"), WW_I("number", i + 1));
    static const struct {
        uint64_t since;
        uint64_t first;
        size_t n;
        uint64_t missed;
    } rows[] = {
        {0, 11, WW_EVENTS_KEPT, 0},      {1, 11, WW_EVENTS_KEPT, 9},
        {9, 11, WW_EVENTS_KEPT, 1},      {10, 11, WW_EVENTS_KEPT, 0},
        {11, 12, WW_EVENTS_KEPT - 1, 0}, {WW_EVENTS_KEPT + 9, WW_EVENTS_KEPT + 10, 1, 0},
        {WW_EVENTS_KEPT + 10, 0, 0, 0},  {UINT64_MAX, 11, WW_EVENTS_KEPT, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_events_answer answer = ask(s, rows[i].since);
        assert_int_equal(answer.next, WW_EVENTS_KEPT + 10);
        assert_int_equal(answer.n, rows[i].n);
        assert_int_equal(answer.missed, rows[i].missed);
        for (size_t k = 0; k < answer.n; k++)
            assert_int_equal(answer.events[k]->seq, rows[i].first + k);
        ww_events_answer_done(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_has_what_the_line_has, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_an_event_and_the_rest_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_that_is_late_is_told_what_it_missed, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
