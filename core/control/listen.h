/* A TCP address to listen on, as it is written in an option. */
#ifndef WW_CONTROL_LISTEN_H
#define WW_CONTROL_LISTEN_H

#include <sys/socket.h>

#include "core/base/error.h"

struct ww_listen {
    struct sockaddr_storage addr;
    socklen_t len;
    const char *text; /* as it was written, borrowed */
};

/* "9101" or ":9101" (of 127.0.0.1), "192.0.2.1:9101", "[::1]:9101"; no names. -EINVAL with a text that says so. */
int ww_listen_parse(const char *text, struct ww_listen *ret_listen, struct ww_error *err);

/* Listen there, non-blocking: a descriptor. The address need not be there yet, as at boot. -errno. */
int ww_listen_open(const struct ww_listen *listen, struct ww_error *err);

#endif
