/* Whether the Go program runs is told by what a process of its name has open. */
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

#include "core/agent/go_program.h"
#include "spec/unit/kernel/helper_netns.h"

struct row {
    const char *title;
    const char *name;     /* of the process */
    const char *files[3]; /* that it has open */
    bool locks;           /* as SQLite does while a database is open */
    bool elsewhere;       /* in another network namespace */
    bool by_lock, by_files;
};

static void take_lock(int fd)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 128, .l_len = 1};
    if (fcntl(fd, F_SETLK, &lock) < 0)
        _exit(1);
}

static void be(const struct row *row, const char *dir, int ready)
{
    char path[256];
    if ((row->elsewhere && unshare(CLONE_NEWNET) < 0) || prctl(PR_SET_NAME, row->name) < 0)
        _exit(1);
    for (size_t i = 0; i < 3 && row->files[i]; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, row->files[i]);
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            _exit(1);
        if (row->locks && strstr(path, "-shm"))
            take_lock(fd);
    }
    if (write(ready, "x", 1) != 1)
        _exit(1);
    pause();
    _exit(0);
}

static pid_t start(const struct row *row, const char *dir)
{
    int ready[2];
    char c;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        be(row, dir, ready[1]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return pid;
}

static void look(const char *dir, bool wanted, pid_t pid)
{
    pid_t found;
    assert_int_equal(ww_go_program_runs(dir, &found), wanted);
    assert_int_equal(found, wanted ? pid : 0);
}

static void it_is_told_by_its_name_and_its_database(void **state)
{
    static const struct row rows[] = {
        {"it", "whalewall", {"db.sqlite", "db.sqlite-wal", "db.sqlite-shm"}, true, false, true, true},
        {"its files cannot be seen", "whalewall", {"db.sqlite-shm"}, true, false, true, false},
        {"its directory is another one", "whalewall", {"db.sqlite", "db.sqlite-shm"}, false, false, true, true},
        {"its network namespace is another one", "whalewall", {"db.sqlite"}, false, true, false, false},
        {"a program that reads the file", "sqlite3", {"db.sqlite", "db.sqlite-shm"}, true, false, false, false},
        {"this program", "whalewall", {"whalewall.sqlite", "lock"}, false, false, false, false},
        {"this program, an earlier version", "whalewall", {"db.sqlite", "lock"}, false, false, false, false},
    };
    (void)state;
    assert_true(helper_netns_enter());
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char dir[] = "/tmp/wwgo-XXXXXX";
        print_message("           %s\n", rows[i].title);
        assert_non_null(mkdtemp(dir));
        look(dir, false, 0);
        pid_t pid = start(&rows[i], dir);
        look(dir, rows[i].by_lock, pid);
        look(NULL, rows[i].by_files, pid);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        look(dir, false, 0);
        helper_run("rm -r %s", dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_told_by_its_name_and_its_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
