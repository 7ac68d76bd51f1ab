#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper_world.h"

static const char *const base[] = {
    "c id=a name=web net=front net=back",
    "c id=b name=db net=n2",
    "c id=c name=side mode=container:b",
    "c id=d name=other",
    "n id=n1 name=front driver=bridge ep=a/192.0.2.2",
    "n id=n2 name=back driver=bridge ep=a/198.51.100.2",
    "n id=n3 name=bridge driver=bridge default ep=d/203.0.113.2",
};

static int id_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The ids of the dirty networks, in order. */
static void take(struct ww_world *w, char text[static 64])
{
    char **ids = NULL;
    size_t n = 0;
    assert_int_equal(ww_world_take_dirty_networks(w, &ids, &n, NULL), 0);
    qsort(ids, n, sizeof(*ids), id_order);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        snprintf(text + strlen(text), 64 - strlen(text), "%s%s", i ? " " : "", ids[i]);
        free(ids[i]);
    }
    free(ids);
    assert_false(ww_world_has_dirty_networks(w));
}

static struct ww_world *base_world(void)
{
    char text[64];
    struct ww_world *w = ww_world_new();
    for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++)
        assert_int_equal(helper_put(w, base[i]), 0);
    take(w, text);
    assert_string_equal(text, "n1 n2 n3");
    return w;
}

static void a_change_makes_the_networks_dirty_that_it_concerns(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        const char *dirty;
    } cases[] = {
        {"c id=a name=web net=front net=back enabled=true", "n1 n2"},
        {"c id=b name=db net=n2 state=running", "n2"}, /* configured by id, not attached */
        {"c id=c name=side mode=container:b enabled=true", "n2"},
        {"c id=d name=other state=running", "n3"}, /* attached, not configured */
        {"-c a", "n1 n2"},
        {"c id=e name=new net=back", "n2"},
        {"c id=e name=new", ""},
        {"n id=n1 name=front driver=bridge", "n1 n2"}, /* so is whoever left */
        {"n id=n1 name=front driver=bridge guard=false ep=a/192.0.2.2",
         "n1 n2"}, /* its containers are looked at anew */
        {"-n n3", "n3"},
        {"n id=n4 name=fresh driver=bridge", "n4"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[64];
        struct ww_world *w = base_world();
        assert_int_equal(helper_put(w, cases[i].answer), 0);
        take(w, text);
        if (strcmp(text, cases[i].dirty) != 0)
            fail_msg("'%s': dirty are '%s', not '%s'", cases[i].answer, text, cases[i].dirty);
        ww_world_free(w);
    }
}

static void an_answer_that_is_awaited_makes_it_dirty_once_though_equal(void **state)
{
    (void)state;
    char text[64];
    struct ww_world *w = base_world();
    ww_world_await_network(w, "n3");
    ww_world_await_network(w, "unknown");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(helper_put(w, base[6]), 0);
        take(w, text);
        assert_string_equal(text, i ? "" : "n3");
    }
    ww_world_free(w);
}

static int note(const struct ww_container *c, void *arg)
{
    strcat(arg, c->id);
    return 0;
}

static void what_is_configured_for_a_network_is_found_by_name_and_id(void **state)
{
    (void)state;
    char text[8] = "";
    struct ww_world *w = base_world();
    assert_int_equal(ww_world_each_configured(w, ww_world_network(w, "n2"), note, text), 0);
    assert_string_equal(text, "ab");
    ww_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_makes_the_networks_dirty_that_it_concerns),
        cmocka_unit_test(an_answer_that_is_awaited_makes_it_dirty_once_though_equal),
        cmocka_unit_test(what_is_configured_for_a_network_is_found_by_name_and_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
