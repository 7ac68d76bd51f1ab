/* What site policies read is kept, is in the facts, and so is in the key of the cache; what none reads is not. */
#include "helper_world.h"

#include <stdlib.h>
#include <string.h>

#define EVERYTHING (WW_READS_FACTS | WW_READS_LABELS | WW_READS_IMAGE | WW_READS_NETWORK_LABELS)
#define NET "n id=n1 name=net driver=bridge ep=a/192.0.2.2"

static const char *const nothing[] = {NULL};

/* The facts of container `a`, after these two answers. */
static char *facts_of(unsigned reads, const char *container, const char *network)
{
    struct ww_world *w = ww_world_new();
    assert_non_null(w);
    ww_world_set_reads(w, reads);
    assert_int_equal(helper_put(w, container), 0);
    assert_int_equal(helper_put(w, network), 0);
    char *text = helper_facts(w, "a", nothing, false);
    ww_world_free(w);
    return text;
}

/* Which reads make a difference between two worlds visible. */
static const struct {
    const char *container[2];
    const char *network[2];
    unsigned seen_by;
} differences[] = {
    {{"c id=a label=tier:1", "c id=a label=tier:2"}, {NET, NET}, WW_READS_LABELS},
    {{"c id=a label=tier:1", "c id=a"}, {NET, NET}, WW_READS_LABELS},
    {{"c id=a called=nginx:1", "c id=a called=nginx:2"}, {NET, NET}, WW_READS_IMAGE},
    {{"c id=a", "c id=a"}, {NET " label=x:1", NET " label=x:2"}, WW_READS_NETWORK_LABELS},
    {{"c id=a enabled=true", "c id=a"}, {NET, NET}, WW_READS_FACTS},
};

static void the_key_has_what_is_read_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
        for (unsigned reads = 0; reads <= EVERYTHING; reads++) {
            char *one = facts_of(reads, differences[i].container[0], differences[i].network[0]);
            char *other = facts_of(reads, differences[i].container[1], differences[i].network[1]);
            bool seen = reads & (differences[i].seen_by | (differences[i].seen_by == WW_READS_FACTS ? reads : 0));
            if ((strcmp(one, other) != 0) != seen)
                fail_msg("difference %zu, reads %u:\n%s\n%s", i, reads, one, other);
            free(one);
            free(other);
        }
    }
}

static void what_is_not_read_makes_nothing_dirty(void **state)
{
    (void)state;
    struct ww_world *w = ww_world_new();
    assert_int_equal(helper_put(w, "c id=a called=nginx:1 label=tier:1"), 0);
    free(helper_dirty(w));
    assert_int_equal(helper_put(w, "c id=a called=nginx:2 label=tier:2"), 0);
    assert_false(ww_world_is_dirty(w));
    ww_world_set_reads(w, WW_READS_LABELS);
    assert_int_equal(helper_put(w, "c id=a called=nginx:2 label=tier:2"), 0);
    assert_true(ww_world_is_dirty(w));
    ww_world_free(w);
}

/* A list says an image's id where its name is another image's by now. */
static void an_image_keeps_the_name_it_was_asked_for_as(void **state)
{
    static const char *const ids[] = {"c id=a called=sha256:00", "c id=a called=0123456789ab", "c id=a"};
    (void)state;
    struct ww_world *w = ww_world_new();
    ww_world_set_reads(w, WW_READS_IMAGE);
    assert_int_equal(helper_put(w, "c id=a called=nginx:1"), 0);
    free(helper_dirty(w));
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_int_equal(helper_put(w, ids[i]), 0);
        assert_string_equal(ww_world_container(w, "a")->image, "nginx:1");
        assert_false(ww_world_is_dirty(w));
    }
    ww_world_free(w);
}

/* The words before the labels' keys. */
static void check_origin(const struct ww_world *w, bool trust, const char *origin)
{
    char *text = helper_facts(w, "a", nothing, trust);
    if (!strstr(text, origin))
        fail_msg("%s is missing in:\n%s", origin, text);
    free(text);
}

static void a_label_is_the_images_own_until_it_is_known_not_to_be(void **state)
{
    (void)state;
    struct ww_world *w = ww_world_new();
    struct ww_labels own = {0};
    ww_world_set_reads(w, WW_READS_FACTS | WW_READS_LABELS);
    assert_int_equal(helper_put(w, "c id=a image=i1 label=tier:1 label=who:me"), 0);
    check_origin(w, false, "\nimage-label 4:tier");
    check_origin(w, false, "\nimage-label 3:who");
    check_origin(w, true, "\nlabel 4:tier");
    assert_int_equal(helper_put(w, "i i1"), 0);
    check_origin(w, false, "\nimage-label 3:who"); /* only its rules were told */
    free(helper_dirty(w));
    assert_int_equal(ww_labels_add(&own, "tier", "1"), 0);
    ww_world_put_image_labels(w, "i1", &own);
    assert_true(ww_world_is_dirty(w));
    check_origin(w, false, "\nimage-label 4:tier");
    check_origin(w, false, "\nlabel 3:who");
    ww_world_free(w);
}

static void a_decision_wins_over_the_label_and_outlives_answers(void **state)
{
    static const struct {
        enum ww_decision decision;
        const char *answer;
        enum ww_managed managed;
    } rows[] = {
        {WW_DECIDED_YES, "c id=a", WW_MANAGED},
        {WW_DECIDED_YES, "c id=a enabled=false", WW_MANAGED},
        {WW_DECIDED_NO, "c id=a enabled=true", WW_UNMANAGED},
        {WW_DECIDED_NO, "c id=a enabled=maybe", WW_UNMANAGED},
        {WW_DECIDED_BY_LABEL, "c id=a enabled=true", WW_MANAGED},
        {WW_DECIDED_BY_LABEL, "c id=a", WW_UNMANAGED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ww_world *w = ww_world_new();
        assert_int_equal(helper_put(w, "c id=a name=before"), 0);
        ww_world_decide(w, "a", rows[i].decision);
        assert_int_equal(helper_put(w, rows[i].answer), 0);
        assert_int_equal(ww_container_managed(ww_world_container(w, "a")), rows[i].managed);
        ww_world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_has_what_is_read_and_nothing_else),
        cmocka_unit_test(what_is_not_read_makes_nothing_dirty),
        cmocka_unit_test(an_image_keeps_the_name_it_was_asked_for_as),
        cmocka_unit_test(a_label_is_the_images_own_until_it_is_known_not_to_be),
        cmocka_unit_test(a_decision_wins_over_the_label_and_outlives_answers),
    };
    return cmocka_run_group_tests_name("reads", tests, NULL, NULL);
}
