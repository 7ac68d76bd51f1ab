#include "core/agent/process.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/agent/lock.h"
#include "core/base/mem.h"

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

#define auto_dir __attribute__((cleanup(close_dir)))

bool ww_process_is_called(pid_t pid, const char *name)
{
    char path[64];
    char found[32] = "";
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    ww_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, found, sizeof(found) - 1) <= 0)
        return false;
    found[strcspn(found, "\n")] = '\0';
    return strcmp(found, name) == 0;
}

static bool is_in_this_network(pid_t pid)
{
    char path[64];
    struct stat theirs;
    struct stat ours;
    snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
    return stat(path, &theirs) == 0 && stat("/proc/thread-self/ns/net", &ours) == 0 && theirs.st_ino == ours.st_ino &&
           theirs.st_dev == ours.st_dev;
}

int ww_process_each(const char *name, int (*fn)(pid_t pid, void *arg), void *arg)
{
    auto_dir DIR *proc = opendir("/proc");
    int rc = 0;
    for (const struct dirent *e; rc == 0 && proc && (e = readdir(proc));) {
        pid_t pid = isdigit((unsigned char)e->d_name[0]) ? (pid_t)strtol(e->d_name, NULL, 10) : 0;
        if (pid > 0 && pid != getpid() && ww_process_is_called(pid, name) && is_in_this_network(pid))
            rc = fn(pid, arg);
    }
    return rc;
}

int ww_process_each_file(pid_t pid, int (*fn)(const char *path, void *arg), void *arg)
{
    char path[64];
    int rc = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    auto_dir DIR *fds = opendir(path);
    for (const struct dirent *e; rc == 0 && fds && (e = readdir(fds));) {
        char target[4096];
        ssize_t len = readlinkat(dirfd(fds), e->d_name, target, sizeof(target) - 1);
        target[len > 0 ? len : 0] = '\0';
        rc = fn(target, arg);
    }
    return rc;
}

struct finding {
    pid_t pid;
    char dir[256];
    size_t room;
};

static int take_lock(const char *path, void *arg)
{
    struct finding *find = arg;
    const char *base = strrchr(path, '/');
    if (!base || base == path || strcmp(base, "/" WW_LOCK_FILE) != 0 || (size_t)(base - path) >= find->room)
        return 0;
    snprintf(find->dir, sizeof(find->dir), "%.*s", (int)(base - path), path);
    return 1;
}

/* Any user can give a process that name. */
static bool is_trusted(pid_t pid)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    return stat(path, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid());
}

static int look_at_process(pid_t pid, void *arg)
{
    struct finding *find = arg;
    if (!is_trusted(pid) || ww_process_each_file(pid, take_lock, find) == 0)
        return 0;
    find->pid = pid;
    return 1;
}

pid_t ww_process_find_running(char *dir, size_t size)
{
    struct finding find = {.room = size};
    if (size > sizeof(find.dir))
        find.room = sizeof(find.dir);
    if (ww_process_each(WW_PROCESS_NAME, look_at_process, &find) == 0)
        return 0;
    snprintf(dir, size, "%s", find.dir);
    return find.pid;
}
