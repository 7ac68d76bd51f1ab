#include "core/agent/go_program.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/agent/agent_internal.h"
#include "core/agent/lock.h"
#include "core/agent/process.h"
#include "core/base/mem.h"
#include "core/control/status.h"
#include "core/kernel/foreign/foreign.h"

#define DATABASE "db.sqlite"
#define OPEN_MARK 128 /* the byte of a database's index that every connection has locked: WAL mode of SQLite's */

/* The process that has the database in this directory open; 0: one of another pid namespace; -1: none, or no such one.
 */
static pid_t holder(const char *dir)
{
    char path[4096];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = OPEN_MARK, .l_len = 1};
    if (snprintf(path, sizeof(path), "%s/" DATABASE "-shm", dir) >= (int)sizeof(path))
        return -1;
    ww_auto_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
        return -1;
    return lock.l_pid <= 0 ? 0 : ww_process_is_called(lock.l_pid, WW_PROCESS_NAME) ? lock.l_pid : -1;
}

struct files {
    bool database;
    bool locked;
};

static int look_at_file(const char *path, void *arg)
{
    struct files *files = arg;
    const char *base = strrchr(path, '/');
    files->database = files->database || (base && !strcmp(base, "/" DATABASE));
    files->locked = files->locked || (base && !strcmp(base, "/" WW_LOCK_FILE));
    return 0;
}

/* An earlier version of this program has a database of that name open, too, and its lock. */
static int has_its_files(pid_t pid, void *ret_pid)
{
    struct files files = {0};
    ww_process_each_file(pid, look_at_file, &files);
    if (!files.database || files.locked)
        return 0;
    *(pid_t *)ret_pid = pid;
    return 1;
}

bool ww_go_program_runs(const char *dir, pid_t *ret_pid)
{
    *ret_pid = dir ? holder(dir) : -1;
    if (*ret_pid >= 0)
        return true;
    *ret_pid = 0;
    return ww_process_each(WW_PROCESS_NAME, has_its_files, ret_pid) != 0;
}

pid_t ww_go_program_elsewhere(void)
{
    pid_t pid = 0;
    ww_process_each(WW_PROCESS_NAME, has_its_files, &pid);
    return pid;
}

/* The lock must not be looked at where the file is our own: closing it again would take our lock away. */
static const char *directory(const struct ww_agent *a)
{
    const char *base = strrchr(ww_store_path(a->store), '/');
    return base && !strcmp(base, "/" DATABASE) ? NULL : a->data_dir;
}

/* The program may not look into other processes while it runs, but at their names. */
static bool runs(const struct ww_agent *a, pid_t *ret_pid)
{
    if (ww_go_program_runs(directory(a), ret_pid))
        return true;
    *ret_pid = a->go_program.elsewhere;
    return *ret_pid > 0 && ww_process_is_called(*ret_pid, WW_PROCESS_NAME);
}

void ww_go_program_found(struct ww_agent *a, size_t objects)
{
    pid_t pid;
    a->go_program.objects = objects;
    if (!objects)
        return;
    if (runs(a, &pid))
        ww_log(
            a->log, WW_WARN,
            "the Go program whalewall runs, and drops by rules of its own: stop it, run `whalewall -clear`, and start "
            "this one again",
            WW_I("process.pid", pid), WW_I("objects", (int64_t)objects));
    else
        ww_log(a->log, WW_WARN,
               "the Go program whalewall left rules in table ip filter, which go on dropping: run `whalewall -clear`, "
               "and start this one again",
               WW_I("objects", (int64_t)objects));
}

/* All of the table is read only where there is something of its: it may be large. */
static void count_rules(struct ww_go_program *g)
{
    int n = g->objects || ww_foreign_is_active() ? ww_foreign_count(NULL) : 0;
    if (n >= 0)
        g->objects = (size_t)n;
}

int ww_go_program_status(struct ww_agent *a, struct ww_status *s)
{
    struct ww_go_program *g = &a->go_program;
    pid_t pid;
    count_rules(g);
    if (!g->objects)
        return 0;
    if (runs(a, &pid))
        snprintf(g->text, sizeof(g->text),
                 "the Go program whalewall runs (process %d), and what its rules in table ip filter do not allow is "
                 "dropped, too: stop it, run `whalewall -clear`, and start this one again",
                 (int)pid);
    else
        snprintf(g->text, sizeof(g->text),
                 "the Go program whalewall left %zu objects in table ip filter, and what its rules do not allow is "
                 "dropped, too: run `whalewall -clear`, and start this one again",
                 g->objects);
    return ww_status_add_problem(s, "go_program", NULL, g->text);
}
