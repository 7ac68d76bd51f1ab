/* Containers, addresses and networks: the tables are as the world is, by ids or as a whole. */
#include "helper_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/world.h"

static char *copy(const char *text)
{
    char *c = strdup(text);
    assert_non_null(c);
    return c;
}

static void put_container(struct ww_world *w, const char *id, const char *name, enum ww_container_state state)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = copy(id);
    c->name = copy(name);
    c->label_enabled = copy("true");
    c->state = state;
    ww_container_normalize(c);
    assert_int_equal(ww_world_put_container(w, c, NULL), 0);
}

/* A network with one endpoint for each letter of `members`, 192.0.2.<last> on. */
static void put_network(struct ww_world *w, const char *id, const char *name, const char *members, int last)
{
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = copy(id);
    n->name = copy(name);
    n->driver = copy("bridge");
    n->n_endpoints = strlen(members);
    n->endpoints = calloc(n->n_endpoints + 1, sizeof(*n->endpoints));
    for (size_t i = 0; i < n->n_endpoints; i++) {
        char text[32];
        snprintf(text, sizeof(text), "192.0.2.%d", last + (int)i);
        n->endpoints[i].container_id = copy((char[]){members[i], '\0'});
        assert_int_equal(ww_addr_parse(text, &n->endpoints[i].addrs.ipv4, NULL), 0);
    }
    assert_int_equal(ww_mac_parse("02:42:c0:00:02:01", &n->endpoints[0].addrs.mac, NULL), 0);
    ww_network_normalize(n);
    assert_int_equal(ww_world_put_network(w, n, NULL), 0);
}

static void expect(const char *dir, const char *containers, const char *addresses, const char *networks)
{
    char *c = helper_sql_text(dir, "SELECT group_concat(id || '=' || name || ',' || state, ' ') FROM container");
    char *a = helper_sql_text(dir, "SELECT group_concat(container || '@' || network || '=' || ipv4, ' ') FROM address");
    char *n = helper_sql_text(dir, "SELECT group_concat(id || '=' || name, ' ') FROM network");
    assert_string_equal(c, containers);
    assert_string_equal(a, addresses);
    assert_string_equal(n, networks);
    free(c);
    free(a);
    free(n);
}

static struct ww_world *two_containers(void)
{
    struct ww_world *w = ww_world_new();
    put_container(w, "a", "web", WW_RUNNING);
    put_container(w, "b", "db", WW_CREATED);
    put_network(w, "n1", "front", "a", 1);
    put_network(w, "n2", "back", "ab", 21);
    return w;
}

static void the_whole_world_is_saved(void **state)
{
    struct ww_world *w = two_containers();
    struct ww_store *s = helper_open(*state);
    assert_int_equal(ww_store_save_world(s, w, NULL, 0, NULL), 0);
    ww_store_close(s);
    expect(*state, "a=web,running b=db,created", "a@n1=192.0.2.1 a@n2=192.0.2.21 b@n2=192.0.2.22", "n1=front n2=back");
    char *mac = helper_sql_text(*state, "SELECT mac || coalesce(ipv6, ' none') FROM address WHERE network = 'n1'");
    assert_string_equal(mac, "02:42:c0:00:02:01 none");
    free(mac);
    ww_world_free(w);
}

static void only_the_given_containers_are_written(void **state)
{
    struct ww_world *w = two_containers();
    struct ww_store *s = helper_open(*state);
    assert_int_equal(ww_store_save_world(s, w, NULL, 0, NULL), 0);
    put_container(w, "a", "web2", WW_EXITED);
    put_container(w, "b", "db2", WW_RUNNING);
    put_network(w, "n1", "front", "", 1);
    put_network(w, "n2", "back", "ab", 31);
    assert_int_equal(ww_store_save_world(s, w, (const char *const[]){"a"}, 1, NULL), 0);
    expect(*state, "a=web2,exited b=db,created", "a@n2=192.0.2.31 b@n2=192.0.2.22", "n1=front n2=back");
    ww_world_remove_container(w, "b");
    ww_world_remove_network(w, "n1");
    assert_int_equal(ww_store_save_world(s, w, (const char *const[]){"b", "gone"}, 2, NULL), 0);
    expect(*state, "a=web2,exited", "a@n2=192.0.2.31", "n2=back");
    ww_store_close(s);
    ww_world_free(w);
}

static void what_an_earlier_run_left_is_swept_by_the_first_save(void **state)
{
    struct ww_world *w = two_containers();
    struct ww_store *s = helper_open(*state);
    ww_store_save_world(s, w, NULL, 0, NULL);
    ww_store_close(s);
    ww_world_free(w);
    w = ww_world_new();
    put_container(w, "c", "new", WW_RUNNING);
    s = helper_open(*state);
    assert_int_equal(ww_store_save_world(s, w, (const char *const[]){"c"}, 1, NULL), 0);
    ww_store_close(s);
    expect(*state, "c=new,running", "", "");
    ww_world_free(w);
}

static void saving_the_same_again_writes_nothing(void **state)
{
    struct ww_world *w = two_containers();
    struct ww_store *s = helper_open(*state);
    ww_store_save_world(s, w, NULL, 0, NULL);
    char *before = helper_sql_text(*state, "PRAGMA wal_checkpoint(TRUNCATE)");
    ww_store_save_world(s, w, NULL, 0, NULL);
    ww_store_save_world(s, w, (const char *const[]){"a", "b"}, 2, NULL);
    FILE *log = fopen(helper_path(*state, "whalewall.sqlite-wal"), "re");
    assert_non_null(log);
    assert_int_equal(fgetc(log), EOF);
    fclose(log);
    free(before);
    ww_store_close(s);
    ww_world_free(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, helper_setup, helper_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_whole_world_is_saved),
        TEST(only_the_given_containers_are_written),
        TEST(what_an_earlier_run_left_is_swept_by_the_first_save),
        TEST(saving_the_same_again_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
