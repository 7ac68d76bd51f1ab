#include "core/base/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An abstract name is as long as it is written; a path ends with a byte 0. */
static bool read_address(const char *text, struct ww_notify *n)
{
    size_t len = strlen(text);
    if ((*text != '/' && *text != '@') || len < 2 || len >= sizeof(n->addr.sun_path))
        return false;
    n->addr = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(n->addr.sun_path, text, len);
    if (*text == '@')
        n->addr.sun_path[0] = '\0';
    n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (*text == '/'));
    return true;
}

/* A number and nothing else; below 0: it is none. */
static int64_t parse_number(const char *text)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return errno || end == text || *end ? -1 : value;
}

static int64_t read_watchdog(const struct ww_notify_options *o)
{
    int64_t usec = o->watchdog_usec ? parse_number(o->watchdog_usec) : 0;
    if (usec <= 0 || (o->watchdog_pid && parse_number(o->watchdog_pid) != getpid()))
        return 0;
    return usec >= 1000 ? usec / 1000 : 1;
}

void ww_notify_open(const struct ww_notify_options *o, struct ww_notify *ret_notify)
{
    struct ww_notify n = {.len = 0};
    *ret_notify = n;
    if (!o->socket || !read_address(o->socket, &n))
        return;
    n.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n.fd < 0)
        return;
    n.watchdog_ms = read_watchdog(o);
    *ret_notify = n;
}

void ww_notify_close(struct ww_notify *n)
{
    if (n->len)
        close(n->fd);
    *n = (struct ww_notify){0};
}

bool ww_notify_send(const struct ww_notify *n, const char *text)
{
    return n->len && sendto(n->fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&n->addr, n->len) >= 0;
}
