/* From what other programs did in the kernel back to what the world asks for, and what the log says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "core/agent/reconcile.h"
#include "core/agent/repair.h"
#include "core/base/clock.h"
#include "helper_agent.h"
#include "helper_live.h"
#include "spec/unit/kernel/helper_netns.h"

#define LIST "nft -s list table inet whalewall | tr -s ' ,\\t' '\\n' | sort"
#define CLOSED "nft list set inet whalewall managed4 | grep -q 198.51.100.119"
#define OPENED "nft list set inet whalewall in_dp4 | grep -q 198.51.100.100"

static char log_path[] = "/tmp/wwrestore-XXXXXX";

static int open_logged(void **state)
{
    struct ww_error err = {0};
    live_open(state);
    struct ww_agent *a = *state;
    int fd = mkstemp(log_path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(ww_log_new(log_path, WW_INFO, &a->log, &err), 0);
    return 0;
}

static int close_logged(void **state)
{
    struct ww_log *log = ((struct ww_agent *)*state)->log;
    live_close(state);
    ww_log_free(log);
    unlink(log_path);
    strcpy(log_path + strlen(log_path) - 6, "XXXXXX");
    return 0;
}

static unsigned logged(const char *what)
{
    char command[256];
    snprintf(command, sizeof(command), "grep -c '%s' %s || true", what, log_path);
    char *text = helper_output(command);
    unsigned n = (unsigned)strtoul(text, NULL, 10);
    free(text);
    return n;
}

/* What is shut stays so until the other thread has looked for flows that began meanwhile. */
static void look(struct ww_agent *a)
{
    ww_repair_look(a);
    while (a->repair.removing)
        uv_run(a->uv, UV_RUN_ONCE);
}

static void what_others_did_is_undone_and_the_log_names_the_process(void **state)
{
    static const char *const damage[] = {
        "nft flush ruleset",
        "nft delete table inet whalewall",
        "nft flush chain inet whalewall forward",
        "nft delete element inet whalewall in_dp4 { 198.51.100.100 . tcp . 80 }",
        "nft flush set inet whalewall managed4",
    };
    struct ww_agent *a = *state;
    char *before = helper_output(LIST);
    for (unsigned i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        helper_run("%s", damage[i]);
        look(a);
        char *after = helper_output(LIST);
        assert_string_equal(after, before);
        free(after);
        assert_false(a->resync || a->repair.pending);
        assert_int_equal(logged("restored\",\"process.name\":\"nft\",\"process.pid\":[1-9]"), i + 1);
        assert_int_equal(a->counts.repairs_table, i + 1);
    }
    assert_int_equal(logged("\"changed\":\"table [a-z]* deleted\""), 2);
    assert_int_equal(logged("\"level\":\"error\""), 0);
    free(before);
}

static void what_is_done_again_and_again_is_closed_at_once_but_restored_later(void **state)
{
    struct ww_agent *a = *state;
    int restored = 0;
    for (int i = 0; i < 12; i++) {
        helper_run("nft flush ruleset");
        look(a);
        helper_run(CLOSED);
        restored += !a->repair.pending;
    }
    assert_in_range(restored, 3, 8);
    assert_true(a->repair.pending);
    helper_run("! " OPENED);
    assert_true(a->repair.found.changes > 1);
    ww_repair(a); /* as its timer does */
    while (a->repair.removing)
        uv_run(a->uv, UV_RUN_ONCE);
    helper_run(OPENED);
    assert_false(a->repair.pending);
    unsigned lines = logged("they are restored");
    assert_int_equal(lines, restored + 1);
}

static void a_container_that_comes_while_all_is_shut_is_shut_too(void **state)
{
    struct ww_agent *a = *state;
    helper_run("nft flush ruleset");
    ww_repair_look(a);
    assert_true(a->repair.removing); /* nothing waits for it: */
    helper_put(a, "new", "net", "none");
    helper_put(a, "web", "net", "opens new");
    helper_attach(a, (const char *[]){"db", "web", "new", NULL});
    ww_reconcile(a);
    helper_run("nft list set inet whalewall managed4 | grep -q 198.51.100.110");
    helper_run("nft list chain inet whalewall forward | grep 'daddr @managed4' | grep -q drop");
    helper_run("! nft list set inet whalewall in_dp4 | grep -q 198.51.100.110");
    while (a->repair.removing)
        uv_run(a->uv, UV_RUN_ONCE);
    helper_run("nft list set inet whalewall in_dp4 | grep -q 198.51.100.110");
    helper_run("! nft list chain inet whalewall forward | grep 'daddr @managed4' | grep -q drop");
    assert_false(a->repair.pending);
}

static void before_the_first_list_the_last_known_rules_come_back(void **state)
{
    struct ww_agent *a = *state;
    char *before = helper_output(LIST);
    *(uint64_t *)a->source = 0; /* as after a start */
    helper_run("nft flush ruleset");
    look(a);
    char *after = helper_output(LIST);
    assert_string_equal(after, before);
    free(after);
    free(before);
    assert_int_equal(logged("they are restored"), 1);
}

static void without_known_rules_it_stays_closed_until_the_first_list(void **state)
{
    struct ww_agent *a = *state;
    char *before = helper_output(LIST);
    ww_kernel_free(a->kernel);
    assert_int_equal(ww_kernel_new(&a->kernel, NULL), 0);
    ww_kernel_share_table(a->kernel, true);
    assert_int_equal(ww_kernel_watch(a->kernel, true, NULL), 0);
    assert_int_equal(ww_kernel_adopt(a->kernel, NULL, NULL), 0);
    ww_plan_free(a->applied);
    a->applied = ww_plan_new();
    *(uint64_t *)a->source = 0;
    helper_run("nft flush ruleset");
    look(a);
    helper_run(CLOSED);
    helper_run("! " OPENED);
    live_list_again(a);
    ww_reconcile(a);
    char *after = helper_output(LIST);
    assert_string_equal(after, before);
    free(after);
    free(before);
}

static void chains_of_others_wake_what_waits_for_one(void **state)
{
    struct ww_agent *a = *state;
    struct ww_error err = {0};
    helper_run("nft add chain inet whalewall site");
    ww_repair_look(a); /* nothing waits */
    assert_int_equal(ww_faults_set(&a->faults, "web", "its chain is missing", &err), 0);
    helper_run("nft add element inet whalewall out_ha4 '{ 192.0.2.1 }'; nft add chain inet whalewall other");
    ww_repair_look(a);
    helper_run("nft add chain inet whalewall third");
    ww_repair_look(a);
    assert_null(a->faults.by_id);
}

/* It is tried again whenever nftables changes, and twice a minute. */
static void a_chain_that_is_missing_is_said_once_until_it_is_there(void **state)
{
    struct ww_agent *a = *state;
    helper_put(a, "web", "net", "jumps site");
    ww_reconcile(a);
    for (int i = 0; i < 3; i++)
        ww_reconcile_retry_faults(a);
    assert_int_equal(logged("container quarantined: .*'site'"), 1);
    helper_run("nft add chain inet whalewall site");
    ww_reconcile_retry_faults(a);
    assert_null(a->faults.by_id);
    helper_put(a, "web", "net", "none");
    ww_reconcile(a);
    helper_run("nft delete chain inet whalewall site");
    helper_put(a, "web", "net", "jumps site");
    ww_reconcile(a);
    ww_reconcile_retry_faults(a);
    assert_int_equal(logged("container quarantined: .*'site'"), 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_logged, close_logged)
    const struct CMUnitTest tests[] = {
        TEST(what_others_did_is_undone_and_the_log_names_the_process),
        TEST(what_is_done_again_and_again_is_closed_at_once_but_restored_later),
        TEST(a_container_that_comes_while_all_is_shut_is_shut_too),
        TEST(before_the_first_list_the_last_known_rules_come_back),
        TEST(without_known_rules_it_stays_closed_until_the_first_list),
        TEST(chains_of_others_wake_what_waits_for_one),
        TEST(a_chain_that_is_missing_is_said_once_until_it_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
