/* Telling the service manager how the service is: datagrams to the socket that it names, as sd_notify(3) has them. */
#ifndef WW_BASE_NOTIFY_H
#define WW_BASE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* What the environment says; NULL: nothing. */
struct ww_notify_options {
    const char *socket;        /* NOTIFY_SOCKET: a path, or an abstract name behind '@' */
    const char *watchdog_usec; /* WATCHDOG_USEC */
    const char *watchdog_pid;  /* WATCHDOG_PID */
};

/* All zero: there is no service manager, and nothing is sent. */
struct ww_notify {
    int fd;
    struct sockaddr_un addr;
    socklen_t len;       /* 0: there is no socket */
    int64_t watchdog_ms; /* within which it is to hear of us; 0: no matter */
};

/* What cannot be had is left out: nothing depends on it. */
void ww_notify_open(const struct ww_notify_options *options, struct ww_notify *ret_notify);
void ww_notify_close(struct ww_notify *n);

/* One message, of assignments with line ends between them. Does not wait; true: it was sent. */
bool ww_notify_send(const struct ww_notify *n, const char *text);

#endif
