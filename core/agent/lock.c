#include "core/agent/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"

#define NAME "\0whalewall"
#define WAITING 4096 /* who asks is never answered */

/* Who wrote his number into the file; 0 if that cannot be read. */
static long holder(int fd)
{
    char text[24] = "";
    return pread(fd, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

int ww_lock_directory(const char *dir, int *ret_fd, struct ww_error *err)
{
    ww_auto_free char *path = NULL;
    if (asprintf(&path, "%s/" WW_LOCK_FILE, dir) < 0) {
        path = NULL;
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    *ret_fd = -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
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
            "this one another directory (-d)",
            pid, dir);
    }
    if (ftruncate(fd, 0) == 0 && dprintf(fd, "%ld\n", (long)getpid()) < 0)
        (void)ftruncate(fd, 0); /* full: the lock holds without the number, too */
    *ret_fd = fd;
    return 0;
}

/* The process that listens there; 0 if it has no more rights than anybody. */
static pid_t listener(const struct sockaddr_un *name, socklen_t len)
{
    struct ucred who = {0};
    socklen_t size = sizeof(who);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return 0;
    bool known = connect(fd, (const struct sockaddr *)name, len) == 0 &&
                 getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0;
    close(fd);
    return known && (who.uid == 0 || who.uid == geteuid()) ? who.pid : 0;
}

int ww_lock_namespace(int *ret_fd, struct ww_error *err)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t len = offsetof(struct sockaddr_un, sun_path) + sizeof(NAME) - 1;
    memcpy(name.sun_path, NAME, sizeof(NAME) - 1);
    *ret_fd = -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ww_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
    if (bind(fd, (struct sockaddr *)&name, len) == 0 && listen(fd, WAITING) == 0) {
        *ret_fd = fd;
        return 0;
    }
    close(fd);
    pid_t pid = listener(&name, len);
    if (!pid)
        return 0;
    return ww_fail(err, -EBUSY, "another whalewall (process %ld) works in this network namespace: stop that one first",
                   (long)pid);
}
