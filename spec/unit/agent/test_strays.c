/* Labels that look like ours and are none: the log says them once, the status as long as they are there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/reconcile.h"
#include "core/agent/report.h"
#include "core/agent/status.h"
#include "core/control/status.h"
#include "helper_agent.h"
#include "helper_live.h"

static char log_path[] = "/tmp/wwstrays-XXXXXX";

static int open_logged(void **state)
{
    int rc = live_open(state);
    struct ww_agent *a = *state;
    int fd = mkstemp(log_path);
    assert_true(fd >= 0);
    close(fd);
    ww_log_free(a->log);
    assert_int_equal(ww_log_new(log_path, WW_WARN, &a->log, NULL), 0);
    return rc;
}

static int close_logged(void **state)
{
    struct ww_agent *a = *state;
    ww_log_free(a->log);
    a->log = NULL;
    unlink(log_path);
    memcpy(strrchr(log_path, '-'), "-XXXXXX", sizeof("-XXXXXX"));
    return live_close(state);
}

/* How many lines of the log have both texts. */
static unsigned count(const char *msg, const char *text)
{
    char line[2048];
    unsigned n = 0;
    FILE *file = fopen(log_path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        n += strstr(line, msg) && strstr(line, text);
    fclose(file);
    return n;
}

static unsigned problems(struct ww_agent *a, const char *code, const char *subject, const char *text)
{
    struct ww_status s = {0};
    unsigned n = 0;
    assert_int_equal(ww_agent_status(a, &s, NULL), 0);
    for (size_t i = 0; i < s.n_problems; i++)
        n += strcmp(s.problems[i].code, code) == 0 && strcmp(s.problems[i].subject, subject) == 0 &&
             strstr(s.problems[i].text, text);
    ww_status_done(&s);
    return n;
}

static void put_container(struct ww_agent *a, enum ww_container_state state, const char *enabled, const char *key)
{
    struct ww_container *c = ww_container_new();
    assert_non_null(c);
    c->id = strdup("typo");
    c->name = strdup("typo");
    c->state = state;
    c->label_enabled = enabled ? strdup(enabled) : NULL;
    assert_int_equal(ww_strays_note(&c->strays, WW_LABEL_ON_CONTAINER, key, NULL), 0);
    assert_int_equal(ww_world_put_container(a->world, c, NULL), 0);
    ww_reconcile(a);
}

static void put_network(struct ww_agent *a, const char *driver, const char *key)
{
    struct ww_network *n = ww_network_new();
    assert_non_null(n);
    n->id = strdup("lan");
    n->name = strdup("lan");
    n->driver = strdup(driver);
    assert_int_equal(ww_strays_note(&n->strays, WW_LABEL_ON_NETWORK, key, NULL), 0);
    assert_int_equal(ww_world_put_network(a->world, n, NULL), 0);
    ww_reconcile(a);
}

#define IGNORED "a container's label is ignored"

static void a_containers_are_said_once_and_stay_a_problem(void **state)
{
    struct ww_agent *a = *state;
    put_container(a, WW_CREATED, NULL, "whalewall.enable");
    assert_int_equal(count(IGNORED, "did you mean 'whalewall.enabled'?"), 1);
    assert_int_equal(problems(a, "label_ignored", "typo", "label 'whalewall.enable'"), 1);
    put_container(a, WW_RUNNING, NULL, "whalewall.enable");
    ww_world_mark_dirty(a->world, "typo");
    ww_reconcile(a);
    live_list_again(a);
    assert_int_equal(count(IGNORED, ""), 1);
    put_container(a, WW_EXITED, NULL, "whalewall.enable");
    assert_int_equal(problems(a, "label_ignored", "typo", ""), 1);
    ww_world_remove_container(a->world, "typo");
    ww_reconcile(a);
    assert_int_equal(problems(a, "label_ignored", "typo", ""), 0);
    assert_int_equal(ww_idset_count(&a->said.strays), 0);
    put_container(a, WW_CREATED, NULL, "whalewall.enable");
    assert_int_equal(count(IGNORED, ""), 2);
}

static void a_managed_one_is_told_too(void **state)
{
    struct ww_agent *a = *state;
    put_container(a, WW_RUNNING, "true", "whalewall.rule");
    assert_int_equal(count(IGNORED, "did you mean 'whalewall.rules'?"), 1);
    assert_int_equal(problems(a, "label_ignored", "typo", "label 'whalewall.rule'"), 1);
}

static void a_networks_are_said_once_and_stay_a_problem(void **state)
{
    static const char *const drivers[] = {"bridge", "macvlan"};
    struct ww_agent *a = *state;
    for (unsigned i = 0; i < 2; i++) {
        put_network(a, drivers[i], "whalewall.gaurd");
        assert_int_equal(count("a network's label is ignored", "did you mean 'whalewall.guard'?"), i + 1);
        ww_world_mark_network_dirty(a->world, "lan");
        ww_reconcile(a);
        assert_int_equal(count("a network's label is ignored", ""), i + 1);
        assert_int_equal(problems(a, "network_label_ignored", "lan", "label 'whalewall.gaurd'"), 1);
        ww_world_remove_network(a->world, "lan");
        ww_reconcile(a);
        assert_int_equal(problems(a, "network_label_ignored", "lan", ""), 0);
    }
}

static void put_service(struct ww_agent *a, const char *const *keys)
{
    struct ww_services services = {0};
    struct ww_strays *strays = NULL;
    for (; *keys; keys++)
        assert_int_equal(ww_strays_note(&strays, WW_LABEL_ON_SERVICE, *keys, NULL), 0);
    if (strays)
        assert_int_equal(ww_services_add(&services, "0123", "shop_web", &strays, NULL), 0);
    ww_world_put_services(a->world, &services);
    ww_report_services(a);
}

#define OF_SERVICE "a service's label is ignored"

static void a_services_are_said_once_and_stay_a_problem(void **state)
{
    struct ww_agent *a = *state;
    static const char *const one[] = {"whalewall.enabled", NULL};
    static const char *const both[] = {"whalewall.enabled", "whalewall.rules", NULL};
    static const char *const none[] = {"traefik.enable", NULL};
    put_service(a, one);
    put_service(a, one);
    assert_int_equal(count(OF_SERVICE, "\"service\":\"shop_web\",\"reason\":\"label 'whalewall.enabled': not obeyed"),
                     1);
    assert_int_equal(count(OF_SERVICE, ""), 1);
    assert_int_equal(problems(a, "service_label_ignored", "shop_web", "label 'whalewall.enabled'"), 1);
    put_service(a, both); /* a service's can be changed */
    assert_int_equal(count(OF_SERVICE, ""), 3);
    assert_int_equal(problems(a, "service_label_ignored", "shop_web", ""), 2);
    put_service(a, none);
    assert_int_equal(problems(a, "service_label_ignored", "shop_web", ""), 0);
    put_service(a, one);
    assert_int_equal(count(OF_SERVICE, ""), 4);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_logged, close_logged)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_containers_are_said_once_and_stay_a_problem),
        TEST(a_managed_one_is_told_too),
        TEST(a_networks_are_said_once_and_stay_a_problem),
        TEST(a_services_are_said_once_and_stay_a_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
