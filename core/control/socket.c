#include "core/control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A client that comes while all connections are taken waits here. */
#define SOCKET_BACKLOG 32

int ww_control_socket_address(const char *dir, int dir_fd, struct sockaddr_un *ret_addr, struct ww_error *err)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t room = sizeof(addr.sun_path);
    if ((size_t)snprintf(addr.sun_path, room, "%s/" WW_CONTROL_SOCKET, dir) >= room)
        snprintf(addr.sun_path, room, "/proc/self/fd/%d/" WW_CONTROL_SOCKET, dir_fd);
    if (strlen(addr.sun_path) + 1 >= room)
        return ww_fail(err, -ENAMETOOLONG, "the path of the control socket in '%s' is too long", dir);
    *ret_addr = addr;
    return 0;
}

static int socket_open_dir(const char *dir, struct ww_error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? ww_fail(err, -errno, "cannot open the data directory '%s': %s", dir, strerror(errno)) : fd;
}

/* The lock goes with the process, however that ends; the socket's name stays. */
static int socket_lock(const char *dir, int dir_fd, struct ww_error *err)
{
    int fd = openat(dir_fd, WW_CONTROL_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ww_fail(err, -errno, "cannot open '%s/" WW_CONTROL_LOCK "': %s", dir, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    int code = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
    close(fd);
    return ww_fail(err, code, "another whalewall runs with the data directory '%s'", dir);
}

/* No process has the lock but this one, so the one that listened there is gone. */
static int socket_remove_stale(int dir, struct ww_error *err)
{
    struct stat info;
    if (fstatat(dir, WW_CONTROL_SOCKET, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    if (!S_ISSOCK(info.st_mode))
        return ww_fail(err, -EEXIST, "'" WW_CONTROL_SOCKET "' in the data directory is no socket: remove it");
    if (unlinkat(dir, WW_CONTROL_SOCKET, 0) < 0)
        return ww_fail(err, -errno, "cannot remove the old control socket: %s", strerror(errno));
    return 0;
}

/* The mode of the socket is that of its name, but for the umask, which can only take more away. */
static int socket_bind(int fd, const struct sockaddr_un *addr)
{
    int rc = fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;
    return rc == 0 && listen(fd, SOCKET_BACKLOG) < 0 ? -errno : rc;
}

static int socket_open(struct ww_control_socket *s, struct ww_error *err)
{
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = s->fd < 0 ? -errno : socket_bind(s->fd, &s->addr);
    if (rc == 0)
        return 0;
    if (s->fd >= 0)
        close(s->fd);
    return ww_fail(err, rc, "cannot listen on '%s': %s", s->addr.sun_path, strerror(-rc));
}

int ww_control_socket_listen(const char *dir, struct ww_control_socket *ret_socket, struct ww_error *err)
{
    struct ww_control_socket s = {.dir = socket_open_dir(dir, err)};
    if (s.dir < 0)
        return s.dir;
    s.lock = socket_lock(dir, s.dir, err);
    int rc = s.lock < 0 ? s.lock : ww_control_socket_address(dir, s.dir, &s.addr, err);
    if (rc == 0)
        rc = socket_remove_stale(s.dir, err);
    if (rc == 0)
        rc = socket_open(&s, err);
    if (rc < 0) {
        if (s.lock >= 0)
            close(s.lock);
        close(s.dir);
        return rc;
    }
    *ret_socket = s;
    return 0;
}

void ww_control_socket_close(struct ww_control_socket *socket)
{
    if (socket->fd < 0)
        return;
    unlinkat(socket->dir, WW_CONTROL_SOCKET, 0);
    close(socket->fd);
    close(socket->lock);
    close(socket->dir);
    socket->fd = -1;
    socket->lock = -1;
    socket->dir = -1;
}
