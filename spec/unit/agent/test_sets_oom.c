/* Linked with --wrap (cmake/tests.cmake): with its Nth allocation failing, for all N, a set keeps what it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent_internal.h"
#include "spec/unit/helper_oom.h"

#define MANY 40 /* more than the hash's first buckets take without growing */

struct sets {
    struct ww_idset ids;
    struct ww_faults faults;
    struct ww_managed_containers managed;
    struct ww_guard_leases leases;
};

static int add_id(struct sets *s, const char *id)
{
    return ww_idset_add(&s->ids, id, NULL);
}

static bool has_id(const struct sets *s, const char *id)
{
    return ww_idset_has(&s->ids, id);
}

static int add_fault(struct sets *s, const char *id)
{
    return ww_faults_set(&s->faults, id, "why", NULL);
}

static bool has_fault(const struct sets *s, const char *id)
{
    return ww_faults_get(&s->faults, id) != NULL;
}

/* It opens something at a target of the same name. */
static int add_managed(struct sets *s, const char *id)
{
    struct ww_managed_container *managed = NULL;
    struct ww_compiled compiled = {0};
    struct ww_rule rule = {0};
    int rc = ww_managed_container_make(&s->managed, id, &managed, NULL);
    if (rc == 0)
        rc = ww_compiled_add_consent(&compiled, id, &rule);
    return rc < 0 ? rc : ww_managed_container_set_compiled(&s->managed, managed, &compiled, NULL);
}

static int count_opener(const struct ww_managed_container *managed, void *arg)
{
    (void)managed;
    ++*(int *)arg;
    return 0;
}

static bool has_managed(const struct sets *s, const char *id)
{
    int openers = 0;
    ww_managed_container_each_opener(&s->managed, id, count_opener, &openers);
    return ww_managed_container_find(&s->managed, id) && openers == 1;
}

static int add_lease(struct sets *s, const char *id)
{
    return ww_guard_lease_begin(&s->leases, id, NULL);
}

static bool has_lease(const struct sets *s, const char *id)
{
    struct ww_guard_lease *found = NULL;
    HASH_FIND_STR(s->leases.by_id, id, found);
    return found != NULL;
}

static void done(struct sets *s)
{
    ww_idset_done(&s->ids);
    ww_faults_done(&s->faults);
    ww_managed_containers_done(&s->managed);
    ww_guard_leases_done(&s->leases);
}

/* Adds many, with one allocation failing; what was refused is added again. False: none did. */
static bool fill(struct sets *s, int (*add)(struct sets *, const char *),
                 bool (*has)(const struct sets *, const char *))
{
    bool failed = false;
    for (int i = 0; i < MANY; i++) {
        char id[16];
        snprintf(id, sizeof(id), "id-%d", i);
        if (add(s, id) < 0) {
            assert_false(failed);
            failed = true;
            assert_true(add(s, id) >= 0);
        }
        assert_true(has(s, id));
    }
    return failed;
}

static void what_was_refused_can_be_added_again(void **state)
{
    static const struct {
        int (*add)(struct sets *s, const char *id);
        bool (*has)(const struct sets *s, const char *id);
    } kinds[] = {{add_id, has_id}, {add_fault, has_fault}, {add_managed, has_managed}, {add_lease, has_lease}};
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        long n = 1;
        for (bool left = true; left; n++) {
            struct sets s = {0};
            oom_countdown = n;
            bool failed = fill(&s, kinds[i].add, kinds[i].has);
            left = failed || oom_countdown == 0; /* a hash that cannot grow goes on without */
            oom_countdown = 0;
            done(&s);
        }
        assert_true(n > MANY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_refused_can_be_added_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
