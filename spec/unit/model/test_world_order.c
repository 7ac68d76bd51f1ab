#include "helper_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define ROUNDS 300

static const char *const last[] = {
    "c id=a name=web project=p service=web image=i1 rules=r net=p_default pub=80/8080",
    "c id=b name=p-db-1 project=p service=db net=p_default pub=5432/5432 state=running",
    "c id=c name=side mode=container:a rules=s image=i2",
    "c id=d name=lone net=bridge",
    "c id=e name=q-db-1 project=q service=db swarm=stack_db net=q_default",
    "c id=f name=late net=bridge mode=container:web",
    "n id=n1 name=p_default driver=bridge project=p compose=default ep=a/192.0.2.2 ep=b/192.0.2.3",
    "n id=n2 name=bridge driver=bridge default ep=d/198.51.100.2",
    "n id=n3 name=front driver=bridge ep=a/203.0.113.2",
    "n id=n4 name=front driver=bridge ep=e/203.0.113.3",
    "n id=n5 name=odd driver=bridge project=p compose=front",
    "i i1 other",
    "i i2 s",
};

/* Answers that were true once. */
static const char *const earlier[] = {
    "c id=a name=old project=p service=web image=i1 net=p_default",
    "c id=b name=web project=q service=db",
    "c id=c name=side mode=container:b",
    "c id=g name=gone service=db project=p image=i1",
    "c id=b name=p-db-1 project=p",
    "c id=e name=q-db-1 project=q service=db swarm=stack_db net=q_default pub=5432/1",
    "c id=f name=late net=bridge",
    "n id=n1 name=p_default driver=macvlan ep=a/192.0.2.2 ep=c/192.0.2.3 ep=g/192.0.2.4",
    "n id=n3 name=bridge driver=bridge ep=d/203.0.113.2",
    "n id=n6 name=p_front driver=bridge ep=a/203.0.113.9 ep=g/203.0.113.8",
    "i i1 r",
    "i? i2",
    "-c a",
    "-n n1",
    "-c g",
};

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void shuffle(const char **list, size_t n, uint32_t *seed)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = next_random(seed) % i;
        const char *item = list[i - 1];
        list[i - 1] = list[k];
        list[k] = item;
    }
}

static int add_facts(const struct ww_container *c, void *arg)
{
    static const char *const names[] = {"web", "db", "front", "default", "side", "stack_db", NULL};
    void **args = arg;
    char *text = helper_facts(args[0], c->id, names, false);
    ww_buf_str(args[1], text);
    free(text);
    return 0;
}

static int add_network(const struct ww_network *n, void *arg)
{
    ww_buf_fmt(arg, "%s %s %s\n", n->id, n->name, n->bridge);
    return 0;
}

/* Everything that can be asked, as text. */
static char *portrait(struct ww_world *w)
{
    struct ww_buf text = {0};
    void *args[] = {w, &text};
    ww_world_each_container(w, add_facts, args);
    ww_world_each_network(w, add_network, &text);
    const struct ww_container *web = ww_world_container_by_name(w, "web");
    const struct ww_network *front = ww_world_network_by_name(w, "front");
    ww_buf_fmt(&text, "%s %s %zu\n", web->id, front->id, ww_world_count(w));
    return ww_buf_take(&text);
}

/* Some earlier answers first, then the last ones; both in an order of their own. */
static struct ww_world *build(uint32_t *seed)
{
    const char *before[COUNT(earlier)];
    const char *after[COUNT(last)];
    memcpy(before, earlier, sizeof(earlier));
    memcpy(after, last, sizeof(last));
    shuffle(before, COUNT(before), seed);
    shuffle(after, COUNT(after), seed);
    struct ww_world *w = ww_world_new();
    size_t n_before = next_random(seed) % (COUNT(earlier) + 1);
    for (size_t i = 0; i < n_before; i++)
        assert_int_equal(helper_put(w, before[i]), 0);
    for (size_t i = 0; i < COUNT(after); i++)
        assert_int_equal(helper_put(w, after[i]), 0);
    /* what the earlier answers made, and a full list no longer has */
    static const char *const containers[] = {"a", "b", "c", "d", "e", "f"};
    static const char *const networks[] = {"n1", "n2", "n3", "n4", "n5"};
    ww_world_retain_networks(w, networks, COUNT(networks));
    ww_world_retain_containers(w, containers, COUNT(containers));
    return w;
}

static void the_order_of_answers_does_not_matter(void **state)
{
    (void)state;
    uint32_t seed = (uint32_t)time(NULL);
    print_message("seed %" PRIu32 "\n", seed);
    struct ww_world *w = ww_world_new();
    for (size_t i = 0; i < COUNT(last); i++)
        assert_int_equal(helper_put(w, last[i]), 0);
    char *expected = portrait(w);
    ww_world_free(w);
    for (int round = 0; round < ROUNDS; round++) {
        w = build(&seed);
        char *text = portrait(w);
        assert_string_equal(text, expected);
        free(text);
        ww_world_free(w);
    }
    free(expected);
}

/* Whose facts are not what they were when it was last taken from the dirty ones is dirty. */
static void no_container_changes_without_being_dirty(void **state)
{
    (void)state;
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g"};
    static const char *const mentions[] = {"web", "front", "db", "default", NULL};
    uint32_t seed = (uint32_t)time(NULL);
    print_message("seed %" PRIu32 "\n", seed);
    struct ww_world *w = ww_world_new();
    char *known[COUNT(ids)] = {0};
    for (int round = 0; round < 20 * ROUNDS; round++) {
        size_t pick = next_random(&seed) % (COUNT(last) + COUNT(earlier));
        assert_int_equal(helper_put(w, pick < COUNT(last) ? last[pick] : earlier[pick - COUNT(last)]), 0);
        char *dirty = helper_dirty(w);
        for (size_t i = 0; i < COUNT(ids); i++) {
            char *text = ww_world_container(w, ids[i]) ? helper_facts(w, ids[i], mentions, false) : NULL;
            bool same = text && known[i] ? strcmp(text, known[i]) == 0 : text == known[i];
            if (!same && !strstr(dirty, ids[i]))
                fail_msg("round %d: %s is not dirty (%s)\n%s%s", round, ids[i], dirty, known[i], text);
            free(known[i]);
            known[i] = text;
            assert_int_equal(ww_world_set_mentions(w, ids[i], mentions, 4, NULL), 0);
        }
        free(dirty);
    }
    for (size_t i = 0; i < COUNT(ids); i++)
        free(known[i]);
    ww_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_answers_does_not_matter),
        cmocka_unit_test(no_container_changes_without_being_dirty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
