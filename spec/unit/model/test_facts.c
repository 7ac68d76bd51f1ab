#include "helper_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const base[] = {
    "c id=a name=web project=p service=web image=i1 rules=r net=p_default pub=80/8080",
    "c id=b name=p-db-1 project=p service=db net=p_default pub=5432/5432 state=running",
    "c id=b2 name=p-db-2 project=p service=db net=p_default",
    "c id=c name=side mode=container:a rules=s image=i2",
    "c id=d name=lone net=bridge",
    "c id=e name=q-db-1 project=q service=db swarm=stack_db net=q_default",
    "c id=f name=late net=bridge",
    "n id=n1 name=p_default driver=bridge project=p compose=default ep=a/192.0.2.2/2001:db8::2/02:00:00:00:00:02 "
    "ep=b/192.0.2.3",
    "n id=n2 name=bridge driver=bridge default ep=d/198.51.100.2",
    "n id=n3 name=front driver=bridge ep=a/203.0.113.2",
    "n id=n4 name=p_front driver=bridge",
    "n id=n5 name=odd driver=bridge project=p compose=front",
    "n id=n6 name=q_front driver=bridge project=q compose=front",
    "n id=n7 name=default driver=bridge",
};

static struct ww_world *base_world(void)
{
    struct ww_world *w = ww_world_new();
    assert_non_null(w);
    for (size_t i = 0; i < COUNT(base); i++)
        assert_int_equal(helper_put(w, base[i]), 0);
    return w;
}

static size_t count_names(const char *const *names)
{
    size_t n = 0;
    while (names[n])
        n++;
    return n;
}

static struct ww_facts collect(const struct ww_world *w, const char *id, const char *const *names)
{
    struct ww_facts facts;
    struct ww_error err = {0};
    if (ww_facts_collect(w, id, names, count_names(names), false, &facts, &err) < 0)
        fail_msg("%s", err.text);
    return facts;
}

static void a_name_may_mean_several_networks(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        const char *name;
        const char *networks;
    } cases[] = {
        {"a", "front", "n3 n4 n5"},                       /* exact, with the project's name, by labels */
        {"e", "front", "n3 n6"},    {"d", "front", "n3"}, /* outside compose: exact only */
        {"a", "p_front", "n4"},     {"a", "default", "n1 n7"}, {"e", "default", "n7"},
        {"d", "default", "n2 n7"}, /* outside compose: the default bridge, where it is on it */
        {"f", "default", "n2 n7"}, /* … or configured for it */
        {"c", "default", "n7"},    /* lives where a lives: not on it */
        {"d", "bridge", "n2"},      {"d", "nothing", ""},
    };
    struct ww_world *w = base_world();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_facts facts = collect(w, cases[i].id, NAMES(cases[i].name, cases[i].name));
        struct ww_buf ids = {0};
        ww_buf_str(&ids, "");
        for (size_t k = 0; k < facts.n_networks; k++)
            ww_buf_fmt(&ids, "%s%s", k ? " " : "", facts.networks[k].id);
        if (strcmp(ids.data, cases[i].networks) != 0)
            fail_msg("%s: '%s' may mean '%s', not '%s'", cases[i].id, cases[i].name, ids.data, cases[i].networks);
        ww_buf_done(&ids);
        ww_facts_done(&facts);
    }
    ww_world_free(w);
}

static void a_name_may_mean_several_containers(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        const char *name;
        const char *targets;
    } cases[] =
        {
            {"d", "web", "a"},      {"d", "/web", "a"},    {"d", "p-db-2", "b2"},
            {"d", "stack_db", "e"}, {"d", "side", "c"},    {"d", "nobody", ""},
            {"d", "a", ""},         {"a", "web", "a"},     {"d", "db", "b b2 e"}, /* outside compose: every project's */
            {"a", "db", "b b2"},                                                  /* its own project's */
            {"e", "db", "e"},       {"g", "db", "b b2 e"},                        /* its own has none */
            {"e", "p-db-1", "b"},   {"e", "web", "a"},
        };
    struct ww_world *w = base_world();
    helper_put(w, "c id=g name=g project=g service=g");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_facts facts = collect(w, cases[i].id, NAMES(cases[i].name));
        struct ww_buf ids = {0};
        ww_buf_str(&ids, "");
        for (size_t k = 0; k < facts.n_targets; k++)
            ww_buf_fmt(&ids, "%s%s", k ? " " : "", facts.targets[k].id);
        if (strcmp(ids.data, cases[i].targets) != 0)
            fail_msg("%s: '%s' may mean '%s', not '%s'", cases[i].id, cases[i].name, ids.data, cases[i].targets);
        ww_buf_done(&ids);
        ww_facts_done(&facts);
    }
    ww_world_free(w);
}

static void a_sharer_of_a_namespace_has_its_endpoints_and_ports(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    struct ww_facts side = collect(w, "c", NAMES("side", "web", "late"));
    assert_int_equal(side.n_endpoints, 2);
    assert_string_equal(side.endpoints[0].network.id, "n1");
    assert_string_equal(side.endpoints[1].network.id, "n3");
    assert_int_equal(side.n_published, 1);
    assert_int_equal(side.published[0].hport, 8080);
    assert_int_equal(side.n_targets, 3);
    for (size_t i = 0; i < 2; i++) { /* web, and side itself */
        assert_string_equal(side.targets[i].id, i ? "c" : "a");
        assert_int_equal(side.targets[i].n_endpoints, 2);
        assert_int_equal(side.targets[i].n_published, 1);
    }
    assert_string_equal(side.targets[2].id, "f"); /* not up yet: listed all the same */
    assert_int_equal(side.targets[2].n_endpoints, 0);
    ww_facts_done(&side);
    helper_put(w, "-c a");
    helper_put(w, "-n n1");
    helper_put(w, "-n n3");
    side = collect(w, "c", NAMES("side"));
    assert_int_equal(side.n_endpoints, 0);
    assert_int_equal(side.n_published, 0);
    ww_facts_done(&side);
    ww_world_free(w);
}

static void labels_of_the_image_open_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *image; /* what is known of it */
        bool trust;
        const char *rules;
        bool from_image;
    } cases[] = {
        /* not asked for yet: closed, but nothing to say of the image */
        {NULL, false, NULL, false},        {NULL, true, "r", false},      {"i i1", false, "r", false},
        {"i i1 other", false, "r", false}, {"i i1 r", false, NULL, true}, {"i i1 r", true, "r", false},
        {"i? i1", false, NULL, true},      {"i? i1", true, "r", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_world *w = base_world();
        struct ww_facts facts;
        if (cases[i].image)
            helper_put(w, cases[i].image);
        assert_int_equal(ww_facts_collect(w, "a", NULL, 0, cases[i].trust, &facts, NULL), 0);
        assert_int_equal(facts.rules_from_image, cases[i].from_image);
        if (cases[i].rules)
            assert_string_equal(facts.label_rules, cases[i].rules);
        else
            assert_null(facts.label_rules);
        ww_facts_done(&facts);
        assert_int_equal(ww_facts_collect(w, "b", NULL, 0, cases[i].trust, &facts, NULL), 0);
        assert_null(facts.label_rules); /* it has none */
        assert_false(facts.rules_from_image);
        ww_facts_done(&facts);
        ww_world_free(w);
    }
}

static void an_unknown_container_has_no_facts(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    struct ww_facts facts;
    struct ww_error err = {0};
    assert_int_equal(ww_facts_collect(w, "0123456789abcdef", NULL, 0, false, &facts, &err), -ENOENT);
    assert_string_equal(err.text, "no container 0123456789ab");
    ww_world_free(w);
}

static void the_text_holds_everything(void **state)
{
    (void)state;
    struct ww_world *w = base_world();
    helper_put(w, "i i1 other");
    char *text = helper_facts(w, "a", NAMES("db", "front"), false);
    assert_string_equal(text, "container 1:a 3:web 1:p 3:web 1:r own\n"
                              "endpoint 2:n1 9:p_default 1:p 7:default other 192.0.2.2 2001:db8::2 02:00:00:00:00:02\n"
                              "endpoint 2:n3 5:front - - other 203.0.113.2 - 00:00:00:00:00:00\n"
                              "published 6 80 0.0.0.0 8080\n"
                              "network 2:n3 5:front - - other\n"
                              "network 2:n4 7:p_front - - other\n"
                              "network 2:n5 3:odd 1:p 5:front other\n"
                              "target 1:b 6:p-db-1 1:p 2:db -\n"
                              "endpoint 2:n1 9:p_default 1:p 7:default other 192.0.2.3 - 00:00:00:00:00:00\n"
                              "published 6 5432 0.0.0.0 5432\n"
                              "target 2:b2 6:p-db-2 1:p 2:db -\n");
    free(text);
    ww_world_free(w);
}

static void the_broadcast_addresses_are_those_of_the_networks_it_is_on(void **state)
{
    (void)state;
    static const struct {
        const char *subnet;
        const char *broadcasts;
    } cases[] = {
        {"subnet=192.0.2.0/24", "broadcast 192.0.2.255\n"},
        {"subnet=203.0.113.64/26 subnet=192.0.2.0/30", "broadcast 192.0.2.3\nbroadcast 203.0.113.127\n"},
        {"subnet=192.0.2.0/31", ""},
        {"subnet=192.0.2.1/32", ""},
        {"subnet=2001:db8::/64", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char network[160];
        char wanted[160];
        struct ww_world *w = ww_world_new();
        snprintf(network, sizeof(network), "n id=n1 name=net driver=bridge %s ep=a/192.0.2.2", cases[i].subnet);
        snprintf(wanted, sizeof(wanted), "%s", cases[i].broadcasts);
        assert_int_equal(helper_put(w, "c id=a name=web"), 0);
        assert_int_equal(helper_put(w, network), 0);
        assert_int_equal(helper_put(w, "n id=n2 name=other driver=bridge subnet=198.51.100.0/24"), 0);
        char *text = helper_facts(w, "a", NAMES("other"), false);
        const char *found = strstr(text, "broadcast");
        if (!(found ? strncmp(found, wanted, strlen(wanted)) == 0 && *wanted : !*wanted) ||
            strstr(text, "198.51.100.255"))
            fail_msg("%s: %s", cases[i].subnet, text);
        free(text);
        ww_world_free(w);
    }
}

static void a_network_that_the_host_cannot_filter_is_told_by_its_driver(void **state)
{
    (void)state;
    static const struct {
        const char *network;
        const char *line;
    } cases[] = {
        {"n id=n1 name=net driver=bridge", "network 2:n1 3:net - - other\n"},
        {"n id=n1 name=net driver=null", "network 2:n1 3:net - - other\n"},
        {"n id=n1 name=net driver=overlay", "network 2:n1 3:net - - other 7:overlay\n"},
        {"n id=n1 name=net driver=host", "network 2:n1 3:net - - other 4:host\n"},
        {"n id=n1 name=net", "network 2:n1 3:net - - other 7:unknown\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_world *w = ww_world_new();
        assert_int_equal(helper_put(w, "c id=a name=web"), 0);
        assert_int_equal(helper_put(w, cases[i].network), 0);
        char *text = helper_facts(w, "a", NAMES("net"), false);
        if (!strstr(text, cases[i].line))
            fail_msg("%s: %s", cases[i].network, text);
        free(text);
        ww_world_free(w);
    }
}

/* Labels are written by strangers: none may look like the end of the label and something else. */
static void no_label_can_forge_facts(void **state)
{
    (void)state;
    struct ww_facts plain = {.id = "a", .name = "web", .label_rules = "x", .rules_from_image = false};
    struct ww_facts forged = {.id = "a", .name = "web", .label_rules = "x own\npublished 6 80 0.0.0.0 80"};
    struct ww_publish publish = {.proto = 6, .cport = 80, .host = {.family = AF_INET}, .hport = 80};
    struct ww_buf a = {0};
    struct ww_buf b = {0};
    plain.published = &publish;
    plain.n_published = 1;
    ww_facts_write(&plain, &a);
    ww_facts_write(&forged, &b);
    assert_string_not_equal(a.data, b.data);
    ww_buf_reset(&a);
    ww_buf_reset(&b);
    plain = (struct ww_facts){.id = "a", .name = "-", .project = NULL};
    forged = (struct ww_facts){.id = "a", .name = NULL, .project = "-"};
    ww_facts_write(&plain, &a);
    ww_facts_write(&forged, &b);
    assert_string_not_equal(a.data, b.data);
    ww_buf_done(&a);
    ww_buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_may_mean_several_networks),
        cmocka_unit_test(a_name_may_mean_several_containers),
        cmocka_unit_test(a_sharer_of_a_namespace_has_its_endpoints_and_ports),
        cmocka_unit_test(labels_of_the_image_open_nothing),
        cmocka_unit_test(an_unknown_container_has_no_facts),
        cmocka_unit_test(the_text_holds_everything),
        cmocka_unit_test(the_broadcast_addresses_are_those_of_the_networks_it_is_on),
        cmocka_unit_test(a_network_that_the_host_cannot_filter_is_told_by_its_driver),
        cmocka_unit_test(no_label_can_forge_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
