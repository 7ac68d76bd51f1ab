#include "helper_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/unit/helper_oom.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const base[] = {
    "c id=a name=web project=p service=web image=i1 rules=r audit=true net=p_default pub=80/8080",
    "c id=b name=p-db-1 project=p service=db net=p_default",
    "c id=c name=side mode=container:a",
    "n id=n1 name=p_default driver=bridge project=p compose=default ep=a/192.0.2.2 ep=b/192.0.2.3",
    "m a db default",
};

/* Enough of each kind that hash tables and lists have to grow somewhere. */
static struct ww_world *base_world(void)
{
    struct ww_world *w = ww_world_new();
    assert_non_null(w);
    for (int i = 0; i < 160; i++) {
        char text[160];
        snprintf(text, sizeof(text), "c id=x%03d name=n%d service=many project=p%d net=big image=i2", i, i, i % 3);
        assert_int_equal(helper_put(w, text), 0);
        snprintf(text, sizeof(text), "n id=x%03d name=n%d driver=bridge ep=x%03d/198.51.100.%d", i, i, i, i);
        assert_int_equal(helper_put(w, text), 0);
    }
    for (size_t i = 0; i < COUNT(base); i++)
        assert_int_equal(helper_put(w, base[i]), 0);
    free(helper_dirty(w));
    return w;
}

static int add_facts(const struct ww_container *c, void *arg)
{
    static const char *const names[] = {"web", "db", "default", "new", NULL};
    void **args = arg;
    if (c->id[0] == 'x')
        return 0;
    char *text = helper_facts(args[0], c->id, names, false);
    ww_buf_fmt(args[1], "%s audit %d\n", text, ww_world_audit_switch(args[0], c));
    free(text);
    return 0;
}

static char *portrait(const struct ww_world *w)
{
    struct ww_buf text = {0};
    void *args[] = {(void *)w, &text};
    ww_world_each_container(w, add_facts, args);
    ww_buf_fmt(&text, "%zu", ww_world_count(w));
    return ww_buf_take(&text);
}

static void an_answer_enters_whole_or_not_at_all(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "c id=new name=new project=p service=db image=i3 net=p_default net=front mode=container:a",
        "c id=a name=new project=q service=db image=i3 net=front mode=bridge",
        "n id=new name=new driver=bridge project=p compose=db ep=a/203.0.113.2 ep=c/203.0.113.3 ep=zz/203.0.113.4",
        "n id=n1 name=front driver=bridge project=p compose=front ep=c/192.0.2.2 ep=b/192.0.2.9 ep=y/192.0.2.10",
        "i i1 r",
        "i i1 r true",
        "i? i9",
        "m a new names and others",
        "m b web",
    };
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct ww_world *w = base_world();
        char *before = portrait(w);
        int rc = -ENOMEM;
        for (long n = 1; rc < 0; n++) {
            oom_arm(n, false);
            rc = helper_put(w, answers[i]);
            oom_arm(0, false);
            if (rc == 0)
                break;
            assert_int_equal(rc, -ENOMEM);
            char *after = portrait(w);
            assert_string_equal(after, before);
            free(after);
            assert_true(n < 1000);
        }
        char *got = portrait(w);
        struct ww_world *other = base_world();
        assert_int_equal(helper_put(other, answers[i]), 0);
        char *wanted = portrait(other);
        assert_string_equal(got, wanted);
        free(helper_dirty(w));
        assert_int_equal(helper_put(w, "-c a"), 0);
        assert_int_equal(helper_put(w, "-n n1"), 0);
        free(before);
        free(got);
        free(wanted);
        ww_world_free(w);
        ww_world_free(other);
    }
}

/* Whichever allocation a growing world fails at, it goes on from there. */
static void a_world_can_grow_with_failures(void **state)
{
    (void)state;
    struct ww_world *w = ww_world_new();
    unsigned failures = 0;
    for (int i = 0; i < 400; i++) {
        char text[160];
        snprintf(text, sizeof(text), "c id=x%03d name=n%d service=many project=p net=big image=i%d", i, i, i / 7);
        int rc = -ENOMEM;
        for (long n = 1; rc < 0; n++) {
            oom_arm(n, false);
            rc = helper_put(w, text);
            oom_arm(0, false);
            failures += rc < 0;
            assert_true(n < 1000);
        }
        assert_int_equal(ww_world_count(w), i + 1);
    }
    assert_true(failures > 400);
    ww_world_free(w);
}

static void dirty_ones_are_taken_all_or_none(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    helper_put(w, "-c a");
    char **ids = NULL;
    size_t count = 0;
    int64_t since = 0;
    for (long n = 1;; n++) {
        struct ww_error err = {0};
        oom_arm(n, false);
        int rc = ww_world_take_dirty(w, &ids, &count, &since, &err);
        oom_arm(0, false);
        if (rc == 0)
            break;
        assert_int_equal(rc, -ENOMEM);
        assert_true(ww_world_is_dirty(w));
        assert_int_equal(count, 0);
    }
    assert_int_equal(count, 2);
    assert_string_equal(ids[0], "a");
    assert_string_equal(ids[1], "c");
    assert_false(ww_world_is_dirty(w));
    for (size_t i = 0; i < count; i++)
        free(ids[i]);
    free(ids);
    oom_arm(1, false);
    assert_int_equal(ww_world_mark_dirty(w, "unknown"), -ENOMEM);
    oom_arm(2, false);
    assert_int_equal(ww_world_mark_dirty(w, "unknown"), -ENOMEM);
    oom_arm(0, false);
    assert_false(ww_world_is_dirty(w));
    ww_world_free(w);
}

static void facts_are_whole_or_not_at_all(void **state)
{
    (void)state;
    static const char *const names[] = {"web", "db", "default", "side", "many"};
    struct ww_world *w = base_world();
    for (long n = 1;; n++) {
        struct ww_facts facts = {0};
        struct ww_error err = {0};
        oom_arm(n, false);
        int rc = ww_facts_collect(w, "a", names, COUNT(names), false, &facts, &err);
        oom_arm(0, false);
        if (rc == 0) {
            assert_false(oom_failed);
            assert_int_equal(facts.n_targets, 163);
            ww_facts_done(&facts);
            break;
        }
        assert_int_equal(rc, -ENOMEM);
        assert_string_equal(err.text, "out of memory");
        assert_null(facts.id);
        assert_true(n < 1000);
    }
    ww_world_free(w);
}

static int count_one(const struct ww_container *c, void *arg)
{
    (void)c;
    ++*(int *)arg;
    return 0;
}

static void sharers_are_all_found_or_an_error(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    helper_put(w, "c id=d name=d mode=container:a");
    helper_put(w, "c id=e name=e mode=container:d");
    int seen = 0;
    for (long n = 1;; n++) {
        oom_arm(n, false);
        int rc = ww_world_each_sharer(w, "a", count_one, &seen);
        oom_arm(0, false);
        if (rc == 0)
            break;
        assert_int_equal(rc, -ENOMEM);
        assert_int_equal(seen, 0);
    }
    assert_int_equal(seen, 3);
    ww_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_enters_whole_or_not_at_all), cmocka_unit_test(a_world_can_grow_with_failures),
        cmocka_unit_test(dirty_ones_are_taken_all_or_none),     cmocka_unit_test(facts_are_whole_or_not_at_all),
        cmocka_unit_test(sharers_are_all_found_or_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
