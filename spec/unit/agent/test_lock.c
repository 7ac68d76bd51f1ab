/* Two programs that would undo each other's work. */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/agent/agent.h"
#include "core/agent/lock.h"
#include "helper_agent.h"
#include "helper_live.h"
#include "spec/unit/kernel/helper_netns.h"

static void a_directory_is_locked_once_and_free_again_after_its_end(void **state)
{
    char dir[] = "/tmp/wwlock-XXXXXX";
    char pid[32];
    struct ww_error err = {0};
    int first = -1;
    int second = -1;
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(ww_lock_directory(dir, true, &first, &err), 0);
    assert_true(first >= 0);
    assert_int_equal(ww_lock_directory(dir, true, &second, &err), -EBUSY);
    snprintf(pid, sizeof(pid), "(process %d)", getpid());
    assert_non_null(strstr(err.text, pid));
    assert_non_null(strstr(err.text, dir));
    assert_non_null(strstr(err.text, "(-d, or data_dir of the library)"));
    close(first);
    assert_int_equal(ww_lock_directory(dir, true, &second, &err), 0);
    assert_true(second >= 0);
    close(second);
    helper_run("rm -r %s", dir);
}

static void where_nothing_can_be_written_there_is_no_lock(void **state)
{
    struct ww_error err = {0};
    int fd = 0;
    (void)state;
    assert_int_equal(ww_lock_directory("/proc/no/such/folder", true, &fd, &err), 0);
    assert_int_equal(fd, -1);
}

static void what_is_no_file_is_no_lock(void **state)
{
    static const char *const makes[] = {"ln -s elsewhere", "mkdir"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char dir[] = "/tmp/wwlock-XXXXXX";
        struct ww_error err = {0};
        int fd = 0;
        assert_non_null(mkdtemp(dir));
        helper_run("%s %s/lock", makes[i], dir);
        assert_true(ww_lock_directory(dir, true, &fd, &err) < 0);
        assert_non_null(strstr(err.text, "remove it"));
        helper_run("rm -r %s", dir);
    }
}

static struct ww_kernel *new_kernel(void)
{
    struct ww_kernel *k = NULL;
    struct ww_error err = {0};
    if (ww_kernel_new(&k, &err) < 0)
        fail_msg("%s", err.text);
    return k;
}

static void a_network_namespace_is_locked_once(void **state)
{
    struct ww_error err = {0};
    char pid[32];
    int fds[3] = {-1, -1, -1};
    struct ww_kernel *k[3];
    (void)state;
    assert_true(helper_netns_enter());
    k[0] = new_kernel();
    k[1] = new_kernel();
    assert_int_equal(ww_lock_namespace(k[0], &fds[0], &err), 0);
    assert_int_equal(ww_lock_namespace(k[0], &fds[2], &err), 0); /* it is ours */
    assert_int_equal(ww_lock_namespace(k[1], &fds[1], &err), -EBUSY);
    snprintf(pid, sizeof(pid), "(process %d)", getpid());
    assert_non_null(strstr(err.text, pid));
    assert_true(helper_netns_enter()); /* another one */
    k[2] = new_kernel();
    assert_int_equal(ww_lock_namespace(k[2], &fds[2], &err), 0);
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
        ww_kernel_free(k[i]);
    }
}

/* Has the name, and no right to change nftables: as an ordinary user, or as root without capabilities, as in a
 * container. */
static void squat(const int *pipes, bool root)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0whalewall"};
    socklen_t len = offsetof(struct sockaddr_un, sun_path) + sizeof("\0whalewall") - 1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (root ? syscall(SYS_capset, &head, none) < 0 : setgid(65534) < 0 || setuid(65534) < 0)
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (bind(fd, (struct sockaddr *)&name, len) == 0 && listen(fd, 1) == 0 && write(pipes[1], "x", 1) == 1)
        pause();
    _exit(1);
}

/* It neither keeps the program from its work, nor lets two of them work. */
static void a_process_with_the_name_and_without_the_right_changes_nothing(void **state)
{
    (void)state;
    for (int root = 0; root < 2; root++) {
        struct ww_error err = {0};
        int pipes[2];
        int fd = 0;
        char byte;
        assert_true(helper_netns_enter());
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            squat(pipes, root);
        close(pipes[1]);
        assert_int_equal(read(pipes[0], &byte, 1), 1);
        close(pipes[0]);
        struct ww_kernel *first = new_kernel();
        struct ww_kernel *second = new_kernel();
        if (ww_lock_namespace(first, &fd, &err) < 0)
            fail_msg("%s", err.text);
        assert_int_equal(fd, -1);
        assert_int_equal(ww_lock_namespace(second, &fd, &err), -EBUSY);
        assert_non_null(strstr(err.text, "another whalewall works in this network namespace"));
        ww_kernel_free(first);
        assert_int_equal(ww_lock_namespace(second, &fd, &err), 0);
        ww_kernel_free(second);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}

static void free_nothing(void *self)
{
    (void)self;
}

static int start(const char *dir, bool shared, struct ww_agent **ret_agent, struct ww_error *err)
{
    static const struct ww_policy_ops ops = {.free = free_nothing};
    struct ww_agent_options options = {.data_dir = dir, .shared_table = shared};
    return ww_agent_new(&options, (struct ww_policy){.ops = &ops}, NULL, ret_agent, err);
}

static void a_second_agent_does_not_start(void **state)
{
    char dirs[2][32] = {"/tmp/wwlock-XXXXXX", "/tmp/wwlock-XXXXXX"};
    struct ww_error err = {0};
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_non_null(mkdtemp(dirs[i]));
    for (int shared = 0; shared < 2; shared++) {
        struct ww_agent *first = NULL;
        struct ww_agent *second = NULL;
        assert_true(helper_netns_enter());
        if (start(dirs[0], shared, &first, &err) < 0)
            fail_msg("%s", err.text);
        assert_int_equal(start(dirs[0], shared, &second, &err), -EBUSY);
        assert_non_null(strstr(err.text, "works with the data directory"));
        assert_true(start(dirs[1], shared, &second, &err) < 0);
        assert_non_null(strstr(err.text, "stop that one first"));
        ww_agent_free(first);
        assert_int_equal(start(dirs[0], shared, &second, &err), 0);
        ww_agent_free(second);
    }
    helper_run("rm -r %s %s", dirs[0], dirs[1]);
}

/* What happened while no socket listened is asked for. */
static void a_start_resumes_from_the_last_event(void **state)
{
    char dir[] = "/tmp/wwlock-XXXXXX";
    struct ww_error err = {0};
    struct ww_store *store = NULL;
    struct ww_agent *agent = NULL;
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_true(helper_netns_enter());
    assert_int_equal(ww_store_open(dir, &store, &err), 0);
    assert_int_equal(ww_store_set_last_event(store, 1700000000123456789, &err), 0);
    ww_store_close(store);
    if (start(dir, false, &agent, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(ww_source_last_event(agent->source) == 1700000000123456789);
    ww_agent_free(agent);
    helper_run("rm -r %s", dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_directory_is_locked_once_and_free_again_after_its_end),
        cmocka_unit_test(where_nothing_can_be_written_there_is_no_lock),
        cmocka_unit_test(a_network_namespace_is_locked_once),
        cmocka_unit_test(what_is_no_file_is_no_lock),
        cmocka_unit_test(a_process_with_the_name_and_without_the_right_changes_nothing),
        cmocka_unit_test(a_second_agent_does_not_start),
        cmocka_unit_test(a_start_resumes_from_the_last_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
