#include "helper_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* a and b in project p, c lives in a's namespace, d outside compose on the default bridge, e in project q. */
static const char *const base[] = {
    "c id=a name=web project=p service=web image=i1 net=p_default pub=80/8080",
    "c id=b name=p-db-1 project=p service=db net=p_default",
    "c id=c name=side mode=container:a",
    "c id=d name=lone net=bridge",
    "c id=e name=q-db-1 project=q service=db net=q_default",
    "c id=g name=early net=unborn net=n8",
    "n id=n1 name=p_default driver=bridge project=p compose=default ep=a/192.0.2.2 ep=b/192.0.2.3",
    "n id=n2 name=bridge driver=bridge default ep=d/198.51.100.2",
    "m a db default",
    "m d /web",
    "m e default",
};

static struct ww_world *base_world(void)
{
    struct ww_world *w = ww_world_new();
    assert_non_null(w);
    for (size_t i = 0; i < COUNT(base); i++)
        assert_int_equal(helper_put(w, base[i]), 0);
    free(helper_dirty(w));
    return w;
}

static void a_change_makes_the_containers_dirty_that_it_concerns(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        const char *dirty;
    } cases[] = {
        /* what is known already */
        {"c id=a name=web project=p service=web image=i1 net=p_default pub=80/8080", ""},
        {"n id=n1 name=p_default driver=bridge project=p compose=default ep=b/192.0.2.3 ep=a/192.0.2.2", ""},
        {"-c nobody", ""},
        {"-n nothing", ""},
        /* a container, its sharers, and those that mention one of them */
        {"c id=a name=web project=p service=web image=i1 net=p_default pub=80/8080 state=running", "a c d"},
        {"c id=a name=web project=p service=web image=i1 net=p_default pub=80/8081", "a c d"},
        {"c id=c name=side mode=container:a state=running", "a c d"},
        {"c id=c name=side mode=bridge", "a c d"},
        {"c id=b name=p-db-1 project=p service=db net=p_default enabled=true", "a b"},
        {"c id=d name=lone net=bridge rules=x", "d"},
        {"-c a", "a c d"},
        {"-c b", "a b"},
        {"-c c", "a c d"},
        {"-c d", "d"},
        /* names old and new */
        {"c id=d name=web net=bridge", "d"},
        {"c id=e name=web project=q service=db net=q_default", "d e"},
        {"c id=f name=new", "f"},
        {"c id=f name=db", "a f"},
        {"c id=f name=x service=db", "f"}, /* a's project has its own */
        {"c id=f name=x service=db project=p", "a f"},
        {"c id=e name=q-db-1 project=q service=db", "e"},
        {"c id=f name=x swarm=db", "a f"},
        {"c id=f name=x service=web", "d f"},
        {"c id=f name=x mode=container:b", "a b f"},
        {"c id=f name=x mode=container:p-db-1", "a b f"},
        {"c id=f name=x mode=container:unknown", "f"},
        /* endpoints */
        {"n id=n1 name=p_default driver=bridge project=p compose=default ep=a/192.0.2.2 ep=b/192.0.2.4", "a b"},
        {"n id=n1 name=p_default driver=bridge project=p compose=default ep=b/192.0.2.3", "a c d"},
        {"n id=n1 name=p_default driver=bridge project=p compose=default ep=a/192.0.2.2 ep=b/192.0.2.3 ep=d/192.0.2.5",
         "d"},
        {"n id=n2 name=bridge driver=bridge default ep=d/198.51.100.2//02:00:00:00:00:01", "d"},
        {"n id=n2 name=bridge driver=bridge default ep=d/198.51.100.2 ep=unknown/198.51.100.3", ""},
        /* networks as such */
        {"n id=n1 name=p_default driver=macvlan project=p compose=default ep=a/192.0.2.2 ep=b/192.0.2.3", "a b c d"},
        {"-n n1", "a b c d"},
        {"-n n2", "d"},
        {"n id=n3 name=q_default driver=bridge project=q compose=default", "e"},
        {"n id=n3 name=other driver=bridge project=q compose=default", "e"},
        {"n id=n3 name=q_default driver=bridge", "e"},
        {"n id=n3 name=x_default driver=bridge project=x compose=default", ""},
        {"n id=n3 name=default driver=bridge", "a e"},
        {"n id=n3 name=db driver=bridge", "a"},
        {"n id=n3 name=p_db driver=bridge", "a"},
        {"n id=n3 name=unheard driver=bridge", ""},
        {"n id=n3 name=unborn driver=bridge", "g"},  /* configured for it by name … */
        {"n id=n8 name=unheard driver=bridge", "g"}, /* … or by id */
        /* images */
        {"i i1 rules", "a c"},
        {"i? i1", "a c"},
        {"i i9 rules", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_world *w = base_world();
        assert_int_equal(helper_put(w, cases[i].answer), 0);
        char *dirty = helper_dirty(w);
        if (strcmp(dirty, cases[i].dirty) != 0)
            fail_msg("'%s': dirty are '%s', not '%s'", cases[i].answer, dirty, cases[i].dirty);
        free(dirty);
        /* the same answer again is no news */
        assert_int_equal(helper_put(w, cases[i].answer), 0);
        assert_false(ww_world_is_dirty(w));
        ww_world_free(w);
    }
}

static void an_address_that_moves_concerns_both(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    helper_put(w, "n id=n1 name=p_default driver=bridge project=p compose=default ep=b/192.0.2.2");
    helper_put(w, "n id=n2 name=bridge driver=bridge default ep=d/198.51.100.3 ep=e/198.51.100.2");
    char *dirty = helper_dirty(w);
    assert_string_equal(dirty, "a b c d e");
    free(dirty);
    ww_world_free(w);
}

static void mentions_can_be_taken_back(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    assert_int_equal(helper_put(w, "m a"), 0);
    assert_int_equal(helper_put(w, "m unknown web"), 0);
    assert_int_equal(helper_put(w, "-c b"), 0);
    char *dirty = helper_dirty(w);
    assert_string_equal(dirty, "b");
    free(dirty);
    ww_world_free(w);
}

static void the_gone_are_dirty_once(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    helper_put(w, "-c d");
    assert_null(ww_world_container(w, "d"));
    assert_true(ww_world_is_dirty(w));
    char *dirty = helper_dirty(w);
    assert_string_equal(dirty, "d");
    free(dirty);
    assert_int_equal(ww_world_mark_dirty(w, "d"), 0);
    assert_null(ww_world_container(w, "d"));
    /* it comes back while it is still dirty as one that is gone, without what it mentioned */
    assert_int_equal(helper_put(w, base[3]), 0);
    assert_int_equal(ww_world_count(w), 6);
    free(helper_dirty(w));
    helper_put(w, "-c a");
    dirty = helper_dirty(w);
    assert_string_equal(dirty, "a c");
    free(dirty);
    ww_world_free(w);
}

static void everything_can_be_made_dirty(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    assert_int_equal(ww_world_mark_all_dirty(w), 0);
    char *dirty = helper_dirty(w);
    assert_string_equal(dirty, "a b c d e g");
    free(dirty);
    dirty = helper_dirty(w);
    assert_string_equal(dirty, "");
    free(dirty);
    ww_world_free(w);
}

static void a_full_list_drops_the_others(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    static const char *const stay[] = {"e", "g", "a", "unknown", "c", "b"};
    ww_world_retain_containers(w, stay, COUNT(stay));
    assert_int_equal(ww_world_count(w), 5);
    assert_null(ww_world_container(w, "d"));
    char *dirty = helper_dirty(w);
    assert_string_equal(dirty, "d");
    free(dirty);
    static const char *const nets[] = {"n2"};
    ww_world_retain_networks(w, nets, 1);
    assert_null(ww_world_network(w, "n1"));
    assert_non_null(ww_world_network(w, "n2"));
    ww_world_retain_networks(w, NULL, 0);
    ww_world_retain_containers(w, NULL, 0);
    assert_int_equal(ww_world_count(w), 0);
    assert_null(ww_world_network_by_name(w, "bridge"));
    assert_null(ww_world_container_by_name(w, "web"));
    ww_world_free(w);
}

static int note_container(const struct ww_container *c, void *arg)
{
    ww_buf_str(arg, c->id);
    return strcmp(c->id, "stop") == 0 ? 7 : 0;
}

static int note_network(const struct ww_network *n, void *arg)
{
    ww_buf_str(arg, n->id);
    return 0;
}

static int note_endpoint(const struct ww_network *n, const struct ww_endpoint *e, void *arg)
{
    char text[WW_ADDR_TEXT];
    ww_buf_fmt(arg, "%s:%s=%s ", n->id, e->container_id, ww_addr_text(&e->addrs.ipv4, text));
    return 0;
}

#define ASSERT_SEEN(seen, text)                                                                                        \
    do {                                                                                                               \
        assert_string_equal((seen).data ? (seen).data : "", text);                                                     \
        ww_buf_reset(&(seen));                                                                                         \
    } while (0)

static void look_ups_go_in_the_order_of_ids(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    struct ww_buf seen = {0};
    ww_world_each_container(w, note_container, &seen);
    ASSERT_SEEN(seen, "abcdeg");
    ww_world_each_network(w, note_network, &seen);
    ASSERT_SEEN(seen, "n1n2");
    ww_world_each_named(w, "db", note_container, &seen);
    ASSERT_SEEN(seen, "be");
    ww_world_each_named(w, "/p-db-1", note_container, &seen);
    ASSERT_SEEN(seen, "b");
    ww_world_each_named(w, "nobody", note_container, &seen);
    ASSERT_SEEN(seen, "");
    helper_put(w, "n id=n0 name=x driver=bridge ep=a/203.0.113.2");
    ww_world_each_endpoint(w, "a", note_endpoint, &seen);
    ASSERT_SEEN(seen, "n0:a=203.0.113.2 n1:a=192.0.2.2 ");
    ww_world_each_endpoint(w, "c", note_endpoint, &seen);
    ASSERT_SEEN(seen, "");
    helper_put(w, "c id=0 name=zero mode=container:c");
    helper_put(w, "c id=f name=last mode=container:web");
    ww_world_each_sharer(w, "a", note_container, &seen);
    ASSERT_SEEN(seen, "0cf");
    ww_world_each_sharer(w, "c", note_container, &seen);
    ASSERT_SEEN(seen, "0");
    assert_int_equal(ww_world_each_sharer(w, "nobody", note_container, &seen), 0);
    helper_put(w, "c id=stop name=x");
    helper_put(w, "c id=tail name=y");
    assert_int_equal(ww_world_each_container(w, note_container, &seen), 7);
    ASSERT_SEEN(seen, "0abcdefgstop");
    ww_buf_done(&seen);
    ww_world_free(w);
}

static void one_is_found_by_its_exact_name(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    assert_string_equal(ww_world_container_by_name(w, "web")->id, "a");
    assert_string_equal(ww_world_container_by_name(w, "/web")->id, "a");
    assert_null(ww_world_container_by_name(w, "db")); /* only a service */
    assert_string_equal(ww_world_network_by_name(w, "p_default")->id, "n1");
    assert_null(ww_world_network_by_name(w, "default"));
    helper_put(w, "c id=a name=renamed project=p service=web");
    assert_null(ww_world_container_by_name(w, "web"));
    assert_string_equal(ww_world_container_by_name(w, "renamed")->id, "a");
    ww_world_free(w);
}

static void namespaces_in_a_loop_do_no_harm(void **state)
{
    (void)state;
    struct ww_world *w = ww_world_new();
    struct ww_buf seen = {0};
    helper_put(w, "c id=x name=x mode=container:y");
    helper_put(w, "c id=y name=y mode=container:x");
    helper_put(w, "c id=z name=z mode=container:z");
    char *dirty = helper_dirty(w);
    assert_string_equal(dirty, "x y z");
    free(dirty);
    ww_world_each_sharer(w, "x", note_container, &seen);
    ASSERT_SEEN(seen, "y");
    ww_world_each_sharer(w, "z", note_container, &seen);
    ASSERT_SEEN(seen, "");
    static const char *const none[] = {NULL};
    free(helper_facts(w, "x", none, false));
    free(helper_facts(w, "z", none, false));
    ww_buf_done(&seen);
    ww_world_free(w);
}

static void images_are_remembered_while_they_are_used(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    const char *label = "?";
    bool known = false;
    assert_int_equal(ww_world_image(w, "i1", &label, &known), -ENOENT);
    helper_put(w, "i i1 rules");
    assert_int_equal(ww_world_image(w, "i1", &label, &known), 0);
    assert_string_equal(label, "rules");
    assert_true(known);
    helper_put(w, "i? i1");
    assert_int_equal(ww_world_image(w, "i1", &label, &known), 0);
    assert_null(label);
    assert_false(known);
    helper_put(w, "-c a");
    assert_int_equal(ww_world_image(w, "i1", &label, &known), -ENOENT);
    ww_world_free(w);
}

static void a_start_is_told_once_and_makes_nothing_dirty(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        const char *dirty;
        const char *starts;
    } steps[] = {
        {"c id=a state=created", "a", ""},
        {"c id=a state=running started=7", "a", "a"},
        {"c id=a state=running started=7", "", ""},
        {"c id=a state=running", "", ""},           /* a list does not say it, */
        {"c id=a state=running started=7", "", ""}, /* and it stays known */
        {"c id=a state=paused", "a", ""},
        {"c id=a state=paused started=7", "", ""},
        {"c id=a state=paused started=8", "", "a"}, /* restarted between two looks */
        {"c id=a state=exited started=8", "a", ""},
        {"c id=a state=exited", "", ""},
        {"c id=a state=running started=9", "a", "a"},
        {"c id=a state=exited started=10", "a", "a"}, /* over already */
        {"-c a", "a", ""},
        {"c id=b state=running", "b", ""},
        {"c id=b state=running started=7", "", "b"},
    };
    struct ww_world *w = ww_world_new();
    for (size_t i = 0; i < COUNT(steps); i++) {
        print_message("%s\n", steps[i].answer);
        assert_int_equal(helper_put(w, steps[i].answer), 0);
        char *dirty = helper_dirty(w);
        assert_string_equal(dirty, steps[i].dirty);
        free(dirty);
        const char *id = ww_world_next_start(w);
        assert_string_equal(id ? id : "", steps[i].starts);
        assert_null(ww_world_next_start(w));
    }
    ww_world_free(w);
}

static void which_process_a_container_has_is_told_once_and_makes_nothing_dirty(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        const char *dirty;
        const char *told;
        int64_t pid;
        int64_t told_ns;
    } steps[] = {
        {"c id=a state=running", "a", "", 0, 0}, /* a list */
        {"c id=a state=running pid=5 told=1", "", "a", 5, 1},
        {"c id=a state=running", "", "", 5, 1},
        {"c id=a state=paused", "a", "a", 5, 1},
        {"c id=a state=paused pid=5 told=2", "", "a", 5, 2},
        {"c id=a state=running pid=6 told=3", "a", "a", 6, 3},
        {"c id=a state=exited", "a", "", 0, 0},
        {"c id=a state=exited told=4", "", "a", 0, 4},
        {"c id=a state=running", "a", "", 0, 0}, /* another one than before */
        {"c id=a state=running pid=7 told=5", "", "a", 7, 5},
        {"c id=b state=running pid=8 told=6", "b", "b", 8, 6},
    };
    struct ww_world *w = ww_world_new();
    for (size_t i = 0; i < COUNT(steps); i++) {
        print_message("%s\n", steps[i].answer);
        assert_int_equal(helper_put(w, steps[i].answer), 0);
        char *dirty = helper_dirty(w);
        assert_string_equal(dirty, steps[i].dirty);
        free(dirty);
        const char *id = ww_world_next_told(w);
        assert_string_equal(id ? id : "", steps[i].told);
        assert_null(ww_world_next_told(w));
        const struct ww_container *c = ww_world_container(w, i == COUNT(steps) - 1 ? "b" : "a");
        assert_int_equal(c->pid, steps[i].pid);
        assert_int_equal(c->pid_told_ns, steps[i].told_ns);
    }
    assert_int_equal(helper_put(w, "c id=b state=running pid=9 told=7"), 0);
    ww_world_remove_container(w, "b");
    assert_null(ww_world_next_told(w));
    ww_world_free(w);
}

static void a_container_that_is_gone_does_not_start(void **state)
{
    (void)state;
    struct ww_world *w = ww_world_new();
    for (const char *const *id = (const char *const[]){"a", "b", "c", NULL}; *id; id++) {
        char answer[64];
        snprintf(answer, sizeof(answer), "c id=%s state=running started=1", *id);
        assert_int_equal(helper_put(w, answer), 0);
    }
    ww_world_remove_container(w, "b");
    assert_string_equal(ww_world_next_start(w), "a");
    assert_string_equal(ww_world_next_start(w), "c");
    assert_null(ww_world_next_start(w));
    ww_world_free(w);
}

static void an_answer_needs_an_id(void **state)
{
    (void)state;
    struct ww_world *w = ww_world_new();
    struct ww_error err = {0};
    assert_int_equal(ww_world_put_container(w, ww_container_new(), &err), -EINVAL);
    assert_string_equal(err.text, "a container without an id");
    assert_int_equal(ww_world_put_network(w, ww_network_new(), &err), -EINVAL);
    assert_string_equal(err.text, "a network without an id");
    ww_world_free(w);
    ww_world_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_makes_the_containers_dirty_that_it_concerns),
        cmocka_unit_test(an_address_that_moves_concerns_both),
        cmocka_unit_test(mentions_can_be_taken_back),
        cmocka_unit_test(the_gone_are_dirty_once),
        cmocka_unit_test(everything_can_be_made_dirty),
        cmocka_unit_test(a_full_list_drops_the_others),
        cmocka_unit_test(look_ups_go_in_the_order_of_ids),
        cmocka_unit_test(one_is_found_by_its_exact_name),
        cmocka_unit_test(namespaces_in_a_loop_do_no_harm),
        cmocka_unit_test(images_are_remembered_while_they_are_used),
        cmocka_unit_test(a_start_is_told_once_and_makes_nothing_dirty),
        cmocka_unit_test(which_process_a_container_has_is_told_once_and_makes_nothing_dirty),
        cmocka_unit_test(a_container_that_is_gone_does_not_start),
        cmocka_unit_test(an_answer_needs_an_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
