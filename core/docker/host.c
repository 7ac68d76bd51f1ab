#include "core/docker/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "core/base/mem.h"

#define HOST_HELP "use unix:///path, tcp://host:port, http://host:port or https://host:port"

struct scheme {
    const char *prefix;
    bool always_tls;
    int port;     /* default without TLS */
    int port_tls; /* default with TLS */
};

static const struct scheme schemes[] = {
    {"tcp://", false, 2375, 2376},
    {"http://", false, 80, 443},
    {"https://", true, 443, 443},
};

static int host_no_memory(struct ww_error *err)
{
    return ww_fail(err, -ENOMEM, "out of memory");
}

static int host_parse_unix(const char *text, const char *path, struct ww_host *host, struct ww_error *err)
{
    const struct sockaddr_un *un = NULL;
    if (path[0] != '/')
        return ww_fail(err, -EINVAL,
                       "DOCKER_HOST '%s': the socket's path must be absolute, as in unix:///run/docker.sock", text);
    if (strlen(path) >= sizeof(un->sun_path))
        return ww_fail(err, -EINVAL, "DOCKER_HOST '%s': the socket's path has more than %zu bytes", text,
                       sizeof(un->sun_path) - 1);
    host->socket = strdup(path);
    host->base = strdup("http://localhost");
    return host->socket && host->base ? 0 : host_no_memory(err);
}

/* The length of the host name or bracketed address at the start of `rest`; 0 when there is none. */
static size_t host_name_length(const char *rest)
{
    if (rest[0] != '[')
        return strcspn(rest, ":/");
    const char *end = strchr(rest, ']');
    if (!end)
        return 0;
    char inner[INET6_ADDRSTRLEN];
    struct in6_addr addr;
    size_t len = (size_t)(end - rest) - 1;
    if (len >= sizeof(inner))
        return 0;
    memcpy(inner, rest + 1, len);
    inner[len] = '\0';
    return inet_pton(AF_INET6, inner, &addr) == 1 ? len + 2 : 0;
}

/* Parse ":port" (or nothing) and step behind it. */
static int host_parse_port(const char *text, const char **rest, int *port, struct ww_error *err)
{
    if (**rest != ':')
        return 0;
    const char *digits = *rest + 1;
    size_t len = strspn(digits, "0123456789");
    long value = len && len <= 5 ? strtol(digits, NULL, 10) : 0;
    if (value < 1 || value > 65535 || (digits[len] && digits[len] != '/'))
        return ww_fail(err, -EINVAL, "DOCKER_HOST '%s': the port must be a number from 1 to 65535", text);
    *port = (int)value;
    *rest = digits + len;
    return 0;
}

static int host_parse_tcp(const char *text, const struct scheme *scheme, bool tls, struct ww_host *host,
                          struct ww_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]/~";
    const char *rest = text + strlen(scheme->prefix);
    if (rest[strspn(rest, allowed)])
        return ww_fail(err, -EINVAL, "DOCKER_HOST '%s': '%c' cannot be in it; " HOST_HELP, text,
                       rest[strspn(rest, allowed)]);
    const char *name = rest;
    size_t len = host_name_length(rest);
    if (!len)
        return ww_fail(err, -EINVAL, "DOCKER_HOST '%s': no host name or address; " HOST_HELP, text);
    host->tls = tls || scheme->always_tls;
    int port = host->tls ? scheme->port_tls : scheme->port;
    rest += len;
    int rc = host_parse_port(text, &rest, &port, err);
    if (rc < 0)
        return rc;
    if (*rest && *rest != '/')
        return ww_fail(err, -EINVAL, "DOCKER_HOST '%s': an IPv6 address is written in brackets; " HOST_HELP, text);
    size_t path = strlen(rest);
    while (path && rest[path - 1] == '/')
        path--;
    if (asprintf(&host->base, "%s://%.*s:%d%.*s", host->tls ? "https" : "http", (int)len, name, port, (int)path, rest) <
        0) {
        host->base = NULL;
        return host_no_memory(err);
    }
    return 0;
}

static int host_parse_any(const char *text, bool tls, struct ww_host *host, struct ww_error *err)
{
    host->text = strdup(text);
    if (!host->text)
        return host_no_memory(err);
    if (strncmp(text, "unix://", 7) == 0)
        return host_parse_unix(text, text + 7, host, err);
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strncmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
            return host_parse_tcp(text, &schemes[i], tls, host, err);
    if (strstr(text, "://"))
        return ww_fail(err, -EINVAL, "DOCKER_HOST '%s': this kind of address is not supported; " HOST_HELP, text);
    return ww_fail(err, -EINVAL, "DOCKER_HOST '%s': the kind of address is missing; " HOST_HELP, text);
}

int ww_host_parse(const char *text, bool tls, struct ww_host *ret_host, struct ww_error *err)
{
    struct ww_host host = {0};
    int rc = host_parse_any(text && text[0] ? text : WW_HOST_DEFAULT, tls, &host, err);
    if (rc < 0) {
        ww_host_done(&host);
        return rc;
    }
    *ret_host = host;
    return 0;
}

void ww_host_done(struct ww_host *host)
{
    free(host->text);
    free(host->socket);
    free(host->base);
    *host = (struct ww_host){0};
}
