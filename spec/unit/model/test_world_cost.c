/* What a change costs must not depend on how many containers there are that it does not concern. */
#include "helper_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

#define FEW 100
#define MANY 4000
#define PER_PROJECT 5
#define ROUNDS 200
#define FACTOR 5 /* of 40 times as many */

static struct ww_world *world_of(int n)
{
    struct ww_world *w = ww_world_new();
    char text[200];
    for (int i = 0; i < n; i++) {
        int p = i / PER_PROJECT;
        snprintf(text, sizeof(text), "c id=%05d name=p%d-s%d project=p%d service=s%d net=p%d_default image=i", i, p,
                 i % PER_PROJECT, p, i % PER_PROJECT, p);
        assert_int_equal(helper_put(w, text), 0);
        snprintf(text, sizeof(text), "m %05d s0 s1 default", i);
        assert_int_equal(helper_put(w, text), 0);
        snprintf(text, sizeof(text),
                 "n id=%d name=p%d_default driver=bridge project=p%d compose=default ep=%05d/192.0.2.1", p, p, p, i);
        assert_int_equal(helper_put(w, text), 0);
    }
    free(helper_dirty(w));
    return w;
}

static int order(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* The median of what one answer costs, in nanoseconds; *ret_dirty: how many it made dirty at most. */
static int64_t cost_of(struct ww_world *w, const char *const answers[2], size_t *ret_dirty)
{
    static const char *const names[] = {"s0", "s1", "default"};
    int64_t cost[ROUNDS];
    *ret_dirty = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct ww_facts facts;
        int64_t begin = ww_clock_mono();
        assert_int_equal(helper_put(w, answers[i % 2]), 0);
        assert_int_equal(ww_facts_collect(w, "00050", names, 3, false, &facts, NULL), 0);
        char *dirty = helper_dirty(w);
        cost[i] = ww_clock_mono() - begin;
        size_t n = *dirty ? 1 : 0;
        for (const char *p = dirty; *p; p++)
            n += *p == ' ';
        if (n > *ret_dirty)
            *ret_dirty = n;
        free(dirty);
        ww_facts_done(&facts);
    }
    qsort(cost, ROUNDS, sizeof(*cost), order);
    return cost[ROUNDS / 2];
}

static void many_others_do_not_matter(void **state)
{
    (void)state;
    static const char *const answers[][2] = {
        {"c id=00050 name=p10-s0 project=p10 service=s0 net=p10_default image=i",
         "c id=00050 name=p10-s0 project=p10 service=s0 net=p10_default image=i state=running"},
        {"c id=new name=new project=p10 service=s0", "-c new"},
        {"n id=10 name=p10_default driver=bridge project=p10 compose=default ep=00050/192.0.2.1",
         "n id=10 name=p10_default driver=bridge project=p10 compose=default ep=00050/192.0.2.2"},
        {"n id=new name=x_default driver=bridge project=p10 compose=default", "-n new"},
    };
    struct ww_world *few = world_of(FEW);
    struct ww_world *many = world_of(MANY);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        size_t dirty_few;
        size_t dirty_many;
        int64_t small = cost_of(few, answers[i], &dirty_few);
        int64_t large = cost_of(many, answers[i], &dirty_many);
        assert_int_equal(dirty_few, dirty_many);
        assert_true(dirty_many <= PER_PROJECT + 1);
        print_message("%s: %lld ns among %d, %lld ns among %d\n", answers[i][0], (long long)small, FEW,
                      (long long)large, MANY);
        assert_true(large < FACTOR * small);
    }
    ww_world_free(few);
    ww_world_free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_others_do_not_matter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
