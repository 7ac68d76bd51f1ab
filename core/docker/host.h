/* Where the engine is: DOCKER_HOST, taken apart. */
#ifndef WW_DOCKER_HOST_H
#define WW_DOCKER_HOST_H

#include <stdbool.h>

#include "core/base/error.h"

#define WW_HOST_DEFAULT "unix:///var/run/docker.sock"

/* Strings are owned. */
struct ww_host {
    char *text;   /* as it was given, for messages */
    char *socket; /* path of the unix socket, NULL for TCP */
    char *base;   /* "http://localhost", "https://[2001:db8::1]:2376/prefix": what API paths are appended to */
    bool tls;
};

/*
 * Parse unix:///path, tcp://host[:port][/prefix], http://… or https://…; NULL or "" is WW_HOST_DEFAULT. Over TCP, `tls`
 * (there are certificates, or verification is asked for) means HTTPS, as the Docker clients do; https:// always does.
 * Default ports: tcp 2375 or 2376, http 80, https 443. -EINVAL with what would be right; -ENOMEM.
 */
int ww_host_parse(const char *text, bool tls, struct ww_host *ret_host, struct ww_error *err);
void ww_host_done(struct ww_host *host);

#endif
