#include "spec/unit/sandbox/helper_procs.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* State and parent of a process; false where there is none. */
static bool look(pid_t pid, char *ret_state, pid_t *ret_parent)
{
    char path[64];
    char line[512];
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    bool got = fgets(line, sizeof(line), f) != NULL;
    fclose(f);
    const char *end = got ? strrchr(line, ')') : NULL;
    return end && sscanf(end, ") %c %d", ret_state, ret_parent) == 2;
}

bool helper_lives(pid_t pid)
{
    char state;
    pid_t parent;
    return look(pid, &state, &parent) && state != 'Z' && state != 'X';
}

size_t helper_children(pid_t parent, pid_t *pids, size_t max)
{
    DIR *proc = opendir("/proc");
    size_t n = 0;
    assert_non_null(proc);
    for (const struct dirent *e; (e = readdir(proc));) {
        char state;
        pid_t its;
        pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
        if (pid <= 0 || !look(pid, &state, &its) || its != parent || state == 'Z')
            continue;
        if (n < max)
            pids[n] = pid;
        n++;
    }
    closedir(proc);
    return n;
}

pid_t helper_zygote(void)
{
    pid_t pid = 0;
    assert_int_equal(helper_children(getpid(), &pid, 1), 1);
    return pid;
}

size_t helper_descriptors(pid_t pid, size_t *ret_sockets)
{
    char path[64];
    size_t n = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    DIR *fds = opendir(path);
    assert_non_null(fds);
    *ret_sockets = 0;
    for (const struct dirent *e; (e = readdir(fds));) {
        char to[64] = "";
        if (e->d_name[0] == '.')
            continue;
        n++;
        if (readlinkat(dirfd(fds), e->d_name, to, sizeof(to) - 1) > 0 && strncmp(to, "socket:", 7) == 0)
            (*ret_sockets)++;
    }
    closedir(fds);
    return n;
}
