#include "core/control/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Clients wait here while all places are taken. */
#define BACKLOG 16

static bool parse_port(const char *text, in_port_t *ret_port)
{
    uint32_t port = 0;
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 5 || text[n])
        return false;
    for (size_t i = 0; i < n; i++)
        port = port * 10 + (uint32_t)(text[i] - '0');
    *ret_port = htons((uint16_t)port);
    return port > 0 && port <= UINT16_MAX;
}

static bool parse_ipv4(const char *host, in_port_t port, struct ww_listen *out)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port};
    if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
        return false;
    memcpy(&out->addr, &in, sizeof(in));
    out->len = sizeof(in);
    return true;
}

static bool parse_ipv6(const char *host, in_port_t port, struct ww_listen *out)
{
    struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = port};
    if (inet_pton(AF_INET6, host, &in.sin6_addr) != 1)
        return false;
    memcpy(&out->addr, &in, sizeof(in));
    out->len = sizeof(in);
    return true;
}

static bool parse_listen(const char *text, struct ww_listen *out)
{
    char host[INET6_ADDRSTRLEN + 2] = "127.0.0.1";
    const char *colon = strrchr(text, ':');
    in_port_t port;
    if (!parse_port(colon ? colon + 1 : text, &port))
        return false;
    if (!colon || colon == text)
        return parse_ipv4(host, port, out);
    size_t n = (size_t)(colon - text);
    if (n >= sizeof(host))
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    if (host[0] != '[' || host[n - 1] != ']')
        return parse_ipv4(host, port, out);
    host[n - 1] = '\0';
    return parse_ipv6(host + 1, port, out);
}

int ww_listen_parse(const char *text, struct ww_listen *ret_listen, struct ww_error *err)
{
    struct ww_listen out = {.text = text};
    if (!parse_listen(text, &out))
        return ww_fail(err, -EINVAL,
                       "'%.64s' is no address to listen on; write PORT, ADDRESS:PORT or [IPV6-ADDRESS]:PORT", text);
    *ret_listen = out;
    return 0;
}

int ww_listen_open(const struct ww_listen *listen_at, struct ww_error *err)
{
    int on = 1;
    int fd = socket(listen_at->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ww_fail(err, -errno, "%s", strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    (void)setsockopt(fd, SOL_IP, IP_FREEBIND, &on, sizeof(on)); /* of IPv6 sockets, too */
    if (bind(fd, (const struct sockaddr *)&listen_at->addr, listen_at->len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int code = -errno;
    close(fd);
    return ww_fail(err, code, "%s", strerror(-code));
}
