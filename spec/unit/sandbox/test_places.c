/* Files that the program has given up, and those that it has not. Each attempt is made in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sandbox/landlock.h"

#define EXIT_NONE 77 /* this kernel has none */

/* In a folder of its own: kept/, read/, log/, other/, each with a file "there", and a file "alone". */
static char root[] = "/tmp/ww-places-XXXXXX";

enum how { READ, WRITE, CUT, MAKE, MAKE_FOLDER, LIST, REMOVE, RENAME, LISTEN, PIPE };

static const struct attempt {
    const char *what;
    enum how how;
    const char *path;
    bool allowed;
} attempts[] = {
    {"reading its own", READ, "kept/there", true},
    {"writing its own", WRITE, "kept/there", true},
    {"cutting its own", CUT, "kept/there", true},
    {"making its own", MAKE, "kept/new", true},
    {"listing its own", LIST, "kept", true},
    {"removing its own", REMOVE, "kept/there", true},
    {"renaming its own", RENAME, "kept/there", true},
    {"a socket of its own", LISTEN, "kept/socket", true},
    {"a folder of its own", MAKE_FOLDER, "kept/folder", false},
    {"a pipe of its own", PIPE, "kept/pipe", false},
    {"reading a policy", READ, "read/there", true},
    {"listing policies", LIST, "read", true},
    {"writing a policy", WRITE, "read/there", false},
    {"making a policy", MAKE, "read/new", false},
    {"removing a policy", REMOVE, "read/there", false},
    {"appending to the log", WRITE, "log/there", true},
    {"a new log", MAKE, "log/new", true},
    {"reading the log", READ, "log/there", false},
    {"removing the log", REMOVE, "log/there", false},
    {"a file that is a place", READ, "alone", true},
    {"writing that", WRITE, "alone", false},
    {"what lies beside it", LIST, ".", false},
    {"reading another file", READ, "other/there", false},
    {"writing another file", WRITE, "other/there", false},
    {"making another file", MAKE, "other/new", false},
    {"listing another folder", LIST, "other", false},
    {"removing another file", REMOVE, "other/there", false},
    {"another socket", LISTEN, "other/socket", false},
    {"another file by way of its own", READ, "kept/../other/there", false},
    {"another file by a link", READ, "kept/link", false},
};

static int end_of(int fd)
{
    int rc = fd < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

static int listen_at(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    return bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
}

static int try_it(enum how how, const char *path)
{
    switch (how) {
    case READ:
        return end_of(open(path, O_RDONLY));
    case WRITE:
        return end_of(open(path, O_WRONLY | O_APPEND));
    case CUT:
        return end_of(open(path, O_WRONLY | O_TRUNC));
    case MAKE:
        return end_of(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
    case MAKE_FOLDER:
        return mkdir(path, 0700) < 0 ? -errno : 0;
    case LIST:
        return end_of(open(path, O_RDONLY | O_DIRECTORY));
    case REMOVE:
        return unlink(path) < 0 ? -errno : 0;
    case RENAME:
        return rename(path, "kept/renamed") < 0 ? -errno : 0;
    case LISTEN:
        return listen_at(path);
    default:
        return mkfifo(path, 0600) < 0 ? -errno : 0;
    }
}

static void make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void run(const char *command)
{
    char line[256];
    snprintf(line, sizeof(line), "cd %s && %s", root, command);
    assert_int_equal(system(line), 0);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(root));
    assert_int_equal(chdir(root), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    run("rm -rf -- kept read log other alone");
    return rmdir(root);
}

static int in_a_child(const struct attempt *a)
{
    static const struct ww_place places[] = {{"kept", WW_PLACE_KEEP},
                                             {"read", WW_PLACE_READ},
                                             {"log", WW_PLACE_APPEND},
                                             {"alone", WW_PLACE_READ},
                                             {"nowhere", WW_PLACE_KEEP}};
    run("rm -rf -- kept read log other alone; mkdir kept read log other");
    static const char *const files[] = {"kept/there", "read/there", "log/there", "other/there", "alone"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        make(files[i]);
    assert_int_equal(symlink("../other/there", "kept/link"), 0);
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        int version = ww_landlock_places(places, sizeof(places) / sizeof(places[0]));
        int rc = version > 0 ? try_it(a->how, a->path) : 0;
        _exit(version <= 0 ? (version < 0 ? 1 : EXIT_NONE) : rc == 0 ? 10 : rc == -EACCES || rc == -EPERM ? 11 : 12);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void what_is_at_no_place_is_given_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        int got = in_a_child(&attempts[i]);
        if (got == EXIT_NONE) {
            print_message("this kernel has no landlock\n");
            skip();
        }
        if (got != (attempts[i].allowed ? 10 : 11))
            fail_msg("%s: %d", attempts[i].what, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_at_no_place_is_given_up),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
