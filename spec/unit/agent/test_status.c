/* What the status has of the containers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/control/status.h"
#include "helper_agent.h"
#include "helper_live.h"

static const struct ww_status_container *container(const struct ww_status *s, const char *name)
{
    for (size_t i = 0; i < s->n_containers; i++)
        if (strcmp(s->containers[i].name, name) == 0)
            return &s->containers[i];
    fail_msg("the status has no container %s", name);
    return NULL;
}

static void notes_on_labels_are_listed_and_are_no_problem(void **state)
{
    struct ww_agent *a = *state;
    struct ww_subject *web = ww_subject_find(&a->subjects, "web");
    struct ww_status s = {0};
    assert_non_null(web);
    assert_int_equal(ww_compiled_add_note(&web->compiled, true, "output[0]", "no 'db'"), 0);
    assert_int_equal(ww_compiled_add_note(&web->compiled, false, "output[1]", "a group"), 0);
    assert_int_equal(ww_agent_status(a, &s, NULL), 0);
    const struct ww_status_container *c = container(&s, "web");
    assert_int_equal(c->n_waiting, 1);
    assert_string_equal(c->waiting[0].what, "output[0]");
    assert_int_equal(c->n_notes, 1);
    assert_string_equal(c->notes[0].what, "output[1]");
    assert_string_equal(c->notes[0].text, "a group");
    for (size_t i = 0; i < s.n_problems; i++)
        assert_true(!s.problems[i].subject || strcmp(s.problems[i].subject, "web") != 0);
    ww_status_done(&s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, live_open, live_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(notes_on_labels_are_listed_and_are_no_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
