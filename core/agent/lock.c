#include "core/agent/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/kernel/kernel.h"

#define NAME "\0whalewall"
#define WAITING 4096 /* a program that asks is never answered */

/* The process that wrote its number into the file; 0 if that cannot be read. */
static long holder(int fd)
{
    char text[24] = "";
    return pread(fd, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

int ww_lock_directory(const char *dir, bool make, int *ret_fd, struct ww_error *err)
{
    ww_auto_free char *path = NULL;
    if (asprintf(&path, "%s/" WW_LOCK_FILE, dir) < 0) {
        path = NULL;
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    *ret_fd = -1;
    int fd = open(path, O_RDWR | (make ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && (errno == ELOOP || errno == EISDIR))
        return ww_fail(err, -errno, "'%s' is not the lock that it should be (%s): remove it", path, strerror(errno));
    if (fd < 0)
        return 0;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        long pid = errno == EWOULDBLOCK ? holder(fd) : -1;
        close(fd);
        if (pid < 0)
            return 0; /* a file system without locks */
        return ww_fail(
            err, -EBUSY,
            "another whalewall (process %ld) works with the data directory '%s': stop that one first, or give "
            "this one another directory (-d, or data_dir of the library)",
            pid, dir);
    }
    if (ftruncate(fd, 0) == 0 && dprintf(fd, "%ld\n", (long)getpid()) < 0)
        (void)!ftruncate(fd, 0); /* full: the lock holds without the number, too */
    *ret_fd = fd;
    return 0;
}

/* Has it the right to change nftables? A process that cannot be seen from here (of another pid namespace) is 0. */
static bool may_change_rules(pid_t pid)
{
    char path[32];
    char line[256];
    unsigned long long capabilities = 0;
    snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
    FILE *file = pid > 0 ? fopen(path, "re") : NULL;
    if (!file)
        return pid == 0;
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, "CapEff:", 7) == 0)
            capabilities = strtoull(line + 7, NULL, 16);
    fclose(file);
    return capabilities >> CAP_NET_ADMIN & 1;
}

/* The process that listens there, if it may be a whalewall; 0: it cannot be seen from here. -ENOENT: there is none. */
static pid_t listener(const struct sockaddr_un *name, socklen_t len)
{
    struct ucred owner = {0};
    socklen_t size = sizeof(owner);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -ENOENT;
    bool known = connect(fd, (const struct sockaddr *)name, len) == 0 &&
                 getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &size) == 0;
    close(fd);
    return known && (owner.uid == 0 || owner.uid == geteuid()) && may_change_rules(owner.pid) ? owner.pid : -ENOENT;
}

static socklen_t set_name(struct sockaddr_un *name)
{
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(name->sun_path, NAME, sizeof(NAME) - 1);
    return offsetof(struct sockaddr_un, sun_path) + sizeof(NAME) - 1;
}

/* -1: the name is another program's. */
static int listen_there(const struct sockaddr_un *name, socklen_t len)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)name, len) == 0 && listen(fd, WAITING) == 0)
        return fd;
    close(fd);
    return -1;
}

static int say_taken(pid_t pid, struct ww_error *err)
{
    char process[40] = "";
    if (pid > 0)
        snprintf(process, sizeof(process), " (process %ld)", (long)pid);
    return ww_fail(err, -EBUSY, "another whalewall%s works in this network namespace: stop that one first", process);
}

int ww_lock_namespace(struct ww_kernel *k, int *ret_fd, struct ww_error *err)
{
    struct sockaddr_un name;
    socklen_t len = set_name(&name);
    *ret_fd = -1;
    int rc = ww_kernel_lock(k, err);
    if (rc == -EBUSY)
        return say_taken(listener(&name, len), err);
    if (rc < 0 && rc != -EOPNOTSUPP)
        return rc;
    *ret_fd = listen_there(&name, len);
    if (rc == 0 || *ret_fd >= 0)
        return 0;
    pid_t pid = listener(&name, len);
    return pid < 0 ? 0 : say_taken(pid, err);
}
