#include "helper_world.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void the_enabled_label_is_a_yaml_boolean(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        enum ww_managed managed;
    } cases[] = {
        {NULL, WW_UNMANAGED},     {"", WW_UNMANAGED},         {"  ", WW_UNMANAGED},        {"false", WW_UNMANAGED},
        {"No", WW_UNMANAGED},     {"OFF", WW_UNMANAGED},      {"n", WW_UNMANAGED},         {"true", WW_MANAGED},
        {"True", WW_MANAGED},     {"TRUE", WW_MANAGED},       {"yes", WW_MANAGED},         {"on", WW_MANAGED},
        {"Y", WW_MANAGED},        {" true\n", WW_MANAGED},    {"1", WW_MANAGED_BAD},       {"0", WW_MANAGED_BAD},
        {"ture", WW_MANAGED_BAD}, {"tru", WW_MANAGED_BAD},    {"trueish", WW_MANAGED_BAD}, {"\"true\"", WW_MANAGED_BAD},
        {"null", WW_MANAGED_BAD}, {"fa lse", WW_MANAGED_BAD},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_container *c = ww_container_new();
        c->label_enabled = cases[i].label ? strdup(cases[i].label) : NULL;
        assert_int_equal(ww_container_managed(c), cases[i].managed);
        ww_container_free(c);
    }
}

static void a_container_may_live_in_anothers_namespace(void **state)
{
    (void)state;
    static const struct {
        const char *mode;
        const char *of;
    } cases[] = {
        {NULL, NULL},        {"bridge", NULL},         {"host", NULL}, {"container:", NULL}, {"container:abc", "abc"},
        {"container", NULL}, {"mycontainer:abc", NULL}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_container *c = ww_container_new();
        c->network_mode = cases[i].mode ? strdup(cases[i].mode) : NULL;
        const char *of = ww_container_netns_of(c);
        if (cases[i].of)
            assert_string_equal(of, cases[i].of);
        else
            assert_null(of);
        ww_container_free(c);
    }
}

static void up_is_what_has_processes(void **state)
{
    (void)state;
    static const bool up[] = {false, true, true, true, false};
    for (int i = WW_CREATED; i <= WW_EXITED; i++) {
        struct ww_container c = {.state = (enum ww_container_state)i};
        assert_int_equal(ww_container_is_up(&c), up[i]);
    }
}

static void normalized_containers_compare_field_by_field(void **state)
{
    (void)state;
    static const char base[] = "id=a name=web project=p service=s swarm=w image=i mode=m enabled=true rules=r net=x "
                               "net=y pub=80/8080 pub=81/8081";
    struct ww_container *a = helper_container(base);
    ww_container_normalize(a);
    static const struct {
        const char *spec;
        bool equal;
    } cases[] = {
        {base, true},
        {"pub=81/8081 pub=80/8080 pub=81/8081 net=y net=x net=y id=a name=web project=p service=s swarm=w image=i "
         "mode=m "
         "enabled=true rules=r",
         true},
        {"id=b name=web project=p service=s swarm=w image=i mode=m enabled=true rules=r net=x net=y pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=api project=p service=s swarm=w image=i mode=m enabled=true rules=r net=x net=y pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=web project=q service=s swarm=w image=i mode=m enabled=true rules=r net=x net=y pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=web project=p service=t swarm=w image=i mode=m enabled=true rules=r net=x net=y pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=web project=p service=s swarm=v image=i mode=m enabled=true rules=r net=x net=y pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=web project=p service=s swarm=w image=j mode=m enabled=true rules=r net=x net=y pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=web project=p service=s swarm=w image=i mode=n enabled=true rules=r net=x net=y pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=web project=p service=s swarm=w image=i mode=m enabled=yes rules=r net=x net=y pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=web project=p service=s swarm=w image=i mode=m enabled=true rules=q net=x net=y pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=web project=p service=s swarm=w image=i mode=m enabled=true net=x net=y pub=80/8080 pub=81/8081",
         false},
        {"id=a name=web project=p service=s swarm=w image=i mode=m enabled=true rules=r net=x net=z pub=80/8080 "
         "pub=81/8081",
         false},
        {"id=a name=web project=p service=s swarm=w image=i mode=m enabled=true rules=r net=x pub=80/8080 pub=81/8081",
         false},
        {"id=a name=web project=p service=s swarm=w image=i mode=m enabled=true rules=r net=x net=y pub=80/8080 "
         "pub=81/8082",
         false},
        {"id=a name=web project=p service=s swarm=w image=i mode=m enabled=true rules=r net=x net=y pub=80/8080",
         false},
        {"state=running id=a name=web project=p service=s swarm=w image=i mode=m enabled=true rules=r net=x net=y "
         "pub=80/8080 "
         "pub=81/8081",
         false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_container *b = helper_container(cases[i].spec);
        ww_container_normalize(b);
        assert_int_equal(ww_container_equal(a, b), cases[i].equal);
        assert_int_equal(ww_container_equal(b, a), cases[i].equal);
        ww_container_free(b);
    }
    ww_container_free(a);
    ww_container_free(NULL);
}

static void normalized_networks_compare_field_by_field(void **state)
{
    (void)state;
    static const char base[] = "id=n name=net driver=bridge project=p compose=c guard=false subnet=192.0.2.0/24 "
                               "subnet=2001:db8::/64 ep=b/192.0.2.3 ep=a/192.0.2.2/2001:db8::2/02:00:00:00:00:02";
    struct ww_network *a = helper_network(base);
    ww_network_normalize(a);
    static const struct {
        const char *spec;
        bool head;
        bool equal;
    } cases[] = {
        {base, true, true},
        {"ep=a/192.0.2.2/2001:db8::2/02:00:00:00:00:02 ep=b/192.0.2.3 id=n name=net driver=bridge project=p compose=c "
         "guard=false subnet=2001:db8::/64 subnet=192.0.2.0/24",
         true, true},
        {"id=n name=net driver=bridge project=p compose=c guard=false subnet=192.0.2.0/24 subnet=2001:db8::/64 "
         "ep=b/192.0.2.3",
         true, false},
        {"id=n name=net driver=bridge project=p compose=c guard=false subnet=192.0.2.0/24 subnet=2001:db8::/64 "
         "ep=b/192.0.2.3 ep=a/192.0.2.2/2001:db8::2/02:00:00:00:00:03",
         true, false},
        {"id=n name=net driver=bridge project=p compose=c guard=false subnet=192.0.2.0/24 ep=b/192.0.2.3 "
         "ep=a/192.0.2.2/2001:db8::2/02:00:00:00:00:02",
         false, false},
        {"id=n name=net driver=bridge project=p compose=c guard=false subnet=192.0.2.0/24 subnet=2001:db8::/64 "
         "internal "
         "ep=b/192.0.2.3 ep=a/192.0.2.2/2001:db8::2/02:00:00:00:00:02",
         false, false},
        {"id=n name=net driver=bridge project=p compose=c subnet=192.0.2.0/24 subnet=2001:db8::/64 ep=b/192.0.2.3 "
         "ep=a/192.0.2.2/2001:db8::2/02:00:00:00:00:02",
         false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_network *b = helper_network(cases[i].spec);
        ww_network_normalize(b);
        assert_int_equal(ww_network_equal_head(a, b), cases[i].head);
        assert_int_equal(ww_network_equal(a, b), cases[i].equal);
        ww_network_free(b);
    }
    assert_string_equal(ww_network_endpoint(a, "a")->container_id, "a");
    assert_string_equal(ww_network_endpoint(a, "b")->container_id, "b");
    assert_null(ww_network_endpoint(a, "c"));
    ww_network_free(a);
    ww_network_free(NULL);
}

static void a_bridge_network_has_an_interface(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        const char *bridge;
        bool enforceable;
    } cases[] = {
        {"id=ff5b65f7b4e086f543e0 driver=bridge", "br-ff5b65f7b4e0", true},
        {"id=ff5b65f7b4e086f543e0 driver=bridge bridge=docker0", "docker0", true},
        {"id=ff5b65f7b4e086f543e0 driver=bridge bridge=", "br-ff5b65f7b4e0", true},
        {"id=short driver=bridge", "br-short", true},
        {"id=ff5b65f7b4e086f543e0 driver=null", NULL, true},
        {"id=ff5b65f7b4e086f543e0 driver=host", NULL, false},
        {"id=ff5b65f7b4e086f543e0 driver=macvlan", NULL, false},
        {"id=ff5b65f7b4e086f543e0 driver=ipvlan", NULL, false},
        {"id=ff5b65f7b4e086f543e0 driver=overlay", NULL, false},
        {"id=ff5b65f7b4e086f543e0 driver=plugin", NULL, false},
        {"id=ff5b65f7b4e086f543e0", NULL, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ww_network *n = helper_network(cases[i].spec);
        ww_network_normalize(n);
        if (cases[i].bridge)
            assert_string_equal(n->bridge, cases[i].bridge);
        else
            assert_null(n->bridge);
        assert_int_equal(ww_network_is_enforceable(n), cases[i].enforceable);
        ww_network_free(n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_enabled_label_is_a_yaml_boolean),
        cmocka_unit_test(a_container_may_live_in_anothers_namespace),
        cmocka_unit_test(up_is_what_has_processes),
        cmocka_unit_test(normalized_containers_compare_field_by_field),
        cmocka_unit_test(normalized_networks_compare_field_by_field),
        cmocka_unit_test(a_bridge_network_has_an_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
