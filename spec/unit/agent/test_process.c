/* Which whalewall runs here, with which data directory. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/process.h"
#include "spec/unit/kernel/helper_netns.h"

struct row {
    const char *name; /* of the process */
    const char *file; /* that it has open */
    bool elsewhere;   /* in another network namespace */
    uid_t user;
    bool found;
};

static void be(const struct row *row, const char *dir, int ready)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", dir, row->file);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if ((row->elsewhere && unshare(CLONE_NEWNET) < 0) || prctl(PR_SET_NAME, row->name) < 0 ||
        open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0 || setuid(row->user) < 0 || write(ready, "x", 1) != 1)
        _exit(1);
    pause();
    _exit(0);
}

static pid_t start(const struct row *row, const char *dir)
{
    int ready[2];
    char c;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0)
        be(row, dir, ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void the_one_that_runs_in_this_network_is_found_by_its_lock(void **state)
{
    static const struct row rows[] = {
        {"whalewall", "lock", false, 0, true},    {"whalewall", "lock", true, 0, false},
        {"whalewall", "locked", false, 0, false}, {"whalewall", "lock", false, 65534, false},
        {"whalewall2", "lock", false, 0, false},  {"sh", "lock", false, 0, false},
    };
    (void)state;
    if (!helper_netns_enter())
        fail_msg("this test needs root: it works in a network namespace of its own");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char dir[] = "/tmp/wwprocess-XXXXXX";
        char found[64] = "";
        assert_non_null(mkdtemp(dir));
        assert_int_equal(ww_process_find_running(found, sizeof(found)), 0);
        pid_t pid = start(&rows[i], dir);
        print_message("%s with %s\n", rows[i].name, rows[i].file);
        assert_int_equal(ww_process_find_running(found, sizeof(found)), rows[i].found ? pid : 0);
        assert_string_equal(found, rows[i].found ? dir : "");
        assert_int_equal(ww_process_find_running(found, strlen(dir)), 0); /* no room for it */
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        helper_run("rm -r %s", dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_that_runs_in_this_network_is_found_by_its_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
