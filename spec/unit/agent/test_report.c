/* What the log says of containers: enough, and not more because there is more to be said. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/agent_internal.h"
#include "core/agent/loop.h"
#include "core/agent/report.h"
#include "core/agent/step.h"
#include "core/agent/waits.h"
#include "core/base/clock.h"

static struct ww_compiled notes(unsigned waiting, unsigned others)
{
    struct ww_compiled compiled = {0};
    for (unsigned i = 0; i < waiting + others; i++) {
        char origin[32];
        snprintf(origin, sizeof(origin), "output[%u]", i);
        assert_int_equal(ww_compiled_add_note(&compiled, i < waiting, origin, "no container 'db'"), 0);
    }
    return compiled;
}

/* How many lines of the file have this text. */
static unsigned count(const char *path, const char *text)
{
    char line[1024];
    unsigned n = 0;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        n += strstr(line, text) != NULL;
    fclose(file);
    return n;
}

static void however_many_rules_wait_the_log_says_few_of_them(void **state)
{
    static const struct {
        unsigned waiting, others, lines;
        const char *rest;
    } cases[] = {
        {3, 0, 3, NULL},
        {1000, 0, 4, "\"left_out\":997"},
        {2, 900, 6, "\"left_out\":897"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[] = "/tmp/wwreport-XXXXXX";
        struct ww_agent a = {.world = ww_world_new()};
        struct ww_managed_container *s = NULL;
        struct ww_compiled compiled = notes(cases[i].waiting, cases[i].others);
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(ww_log_new(path, WW_INFO, &a.log, NULL), 0);
        assert_int_equal(ww_managed_container_make(&a.managed, "web", &s, NULL), 0);
        assert_int_equal(ww_managed_container_set_compiled(&a.managed, s, &compiled, NULL), 0);
        s->waits_told = true;
        ww_report_managed(&a, s);
        ww_report_managed(&a, s); /* nothing is new */
        assert_int_equal(count(path, "\n"), cases[i].lines);
        if (cases[i].rest)
            assert_int_equal(count(path, cases[i].rest), 1);
        ww_managed_containers_done(&a.managed);
        ww_log_free(a.log);
        ww_world_free(a.world);
        unlink(path);
    }
}

static void put(struct ww_agent *a, enum ww_container_state state)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = strdup("web");
    c->name = strdup("web");
    c->state = state;
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
}

static void compile(struct ww_agent *a, struct ww_managed_container *s, unsigned waiting)
{
    struct ww_compiled compiled = notes(waiting, 0);
    assert_int_equal(ww_managed_container_set_compiled(&a->managed, s, &compiled, NULL), 0);
    ww_waits_note(a, s);
    ww_report_managed(a, s);
}

/* A stack's containers start one after the other. */
static void a_rule_that_waits_is_told_only_where_that_lasts(void **state)
{
    char path[] = "/tmp/wwreport-XXXXXX";
    struct ww_agent a = {.world = ww_world_new()};
    struct ww_managed_container *s = NULL;
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(ww_log_new(path, WW_INFO, &a.log, NULL), 0);
    assert_int_equal(ww_loop_new(&a, &a.loop, NULL), 0);
    assert_int_equal(ww_managed_container_make(&a.managed, "web", &s, NULL), 0);
    put(&a, WW_CREATED);
    compile(&a, s, 1);
    assert_int_equal(s->waits_since, 0); /* one that does not run may wait for ever */
    put(&a, WW_RUNNING);
    compile(&a, s, 1);
    ww_waits_look(&a);
    assert_int_equal(count(path, "rule waits"), 0);
    s->waits_since -= 11 * WW_NS_PER_S;
    ww_waits_look(&a);
    ww_waits_look(&a);
    assert_int_equal(count(path, "rule waits"), 1);
    compile(&a, s, 2); /* what comes later is told at once */
    assert_int_equal(count(path, "rule waits"), 3);
    compile(&a, s, 0);
    compile(&a, s, 1);
    assert_int_equal(count(path, "rule waits"), 3);
    ww_managed_containers_done(&a.managed);
    ww_loop_free(a.loop);
    ww_log_free(a.log);
    ww_world_free(a.world);
    unlink(path);
}

static struct ww_fence *fence(char kind)
{
    struct ww_fence *f = kind ? ww_fence_new("net", "net", "br-net") : NULL;
    if (f) {
        f->guarded = kind != 'n';
        f->brief = kind == 'b';
        assert_int_equal(ww_fence_seal(f, NULL), 0);
    }
    return f;
}

/* That of the default bridge comes and goes with each container that is made. */
static void a_guard_for_the_moment_is_worth_no_line(void **state)
{
    static const struct {
        char from; /* guarded, briefly so, not; 0: no fence */
        char to;
        const char *line; /* NULL: none */
    } cases[] = {
        {0, 'g', "network guarded: only known"},
        {'n', 'g', "network guarded: only known"},
        {'g', 0, "network guarded no longer"},
        {'g', 'n', "network guarded no longer"},
        {'g', 'g', NULL},
        {0, 'n', NULL},
        {0, 'b', NULL},
        {'n', 'b', NULL},
        {'b', 0, NULL},
        {'b', 'n', NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[] = "/tmp/wwreport-XXXXXX";
        struct ww_agent a = {.ready = true};
        struct ww_fence_change change = {fence(cases[i].from), fence(cases[i].to)};
        struct ww_step step = {.fences = {&change, 1}};
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(ww_log_new(path, WW_INFO, &a.log, NULL), 0);
        ww_report_commit(&a, &step, 0);
        if (count(path, "\n") != (cases[i].line ? 1 : 0) || (cases[i].line && count(path, cases[i].line) != 1))
            fail_msg("row %zu", i);
        ww_log_free(a.log);
        ww_fence_unref(change.from);
        ww_fence_unref(change.to);
        unlink(path);
    }
}

static void put_in_mode(struct ww_agent *a, const char *mode)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = strdup("web");
    c->name = strdup("web");
    c->network_mode = mode ? strdup(mode) : NULL;
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
}

/* The engine announces a container with its labels only. */
static void what_comes_to_be_known_later_does_not_repeat_the_rest(void **state)
{
    char path[] = "/tmp/wwreport-XXXXXX";
    struct ww_agent a = {.world = ww_world_new()};
    struct ww_managed_container *s = NULL;
    struct ww_compiled compiled = notes(0, 1);
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(ww_log_new(path, WW_INFO, &a.log, NULL), 0);
    assert_int_equal(ww_managed_container_make(&a.managed, "web", &s, NULL), 0);
    assert_int_equal(ww_managed_container_set_compiled(&a.managed, s, &compiled, NULL), 0);
    assert_int_equal(ww_managed_container_set_fault(s, "a faulty label", NULL), 0);
    put_in_mode(&a, NULL);
    ww_report_managed(&a, s);
    put_in_mode(&a, "host");
    ww_report_managed(&a, s);
    assert_int_equal(count(path, "container quarantined"), 1);
    assert_int_equal(count(path, "cannot be enforced from the host"), 1);
    assert_int_equal(count(path, "no container 'db'"), 1);
    assert_int_equal(ww_managed_container_set_fault(s, "another fault", NULL), 0);
    ww_report_managed(&a, s);
    assert_int_equal(count(path, "another fault"), 1);
    assert_int_equal(count(path, "cannot be enforced from the host"), 1);
    assert_int_equal(ww_managed_container_set_fault(s, NULL, NULL), 0);
    ww_report_managed(&a, s);
    assert_int_equal(count(path, "\n"), 4);
    assert_int_equal(ww_managed_container_set_fault(s, "a faulty label", NULL), 0);
    ww_report_managed(&a, s); /* it is back */
    assert_int_equal(count(path, "a faulty label"), 2);
    ww_managed_containers_done(&a.managed);
    ww_log_free(a.log);
    ww_world_free(a.world);
    unlink(path);
}

static void errors_of_the_database_are_counted(void **state)
{
    (void)state;
    struct ww_agent a = {0};
    struct ww_error err = {0};
    assert_int_equal(ww_store_open("/proc/no/such/folder", &a.store, &err), 0); /* in memory */
    ww_report_store(&a, -ENOSPC, &err);
    ww_report_store(&a, -ENOSPC, &err);
    ww_report_store(&a, 0, &err);
    assert_int_equal(a.counts.database_errors, 2);
    ww_store_close(a.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_the_database_are_counted),
        cmocka_unit_test(however_many_rules_wait_the_log_says_few_of_them),
        cmocka_unit_test(a_rule_that_waits_is_told_only_where_that_lasts),
        cmocka_unit_test(what_comes_to_be_known_later_does_not_repeat_the_rest),
        cmocka_unit_test(a_guard_for_the_moment_is_worth_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
