#include "core/lab/space.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/kernel/netlink/ask.h"
#include "core/lab/links.h"
#include "core/lab/packet.h"

#define OWN "/proc/thread-self/ns/net"
#define NEEDED "the kernel's side of specs needs root, or a kernel that lets users make namespaces (`unshare -rn`)"

struct setting {
    const char *path; /* below /proc/sys/net */
    const char *value;
    bool router;   /* only there */
    bool optional; /* a kernel may not have it */
};

/* Everything is routed and answered: no limits on errors, no checks of a source's way, no waiting for doubles. */
static const struct setting settings[] = {
    {"ipv6/conf/all/accept_dad", "0", false, true},
    {"ipv6/conf/default/accept_dad", "0", false, true},
    {"ipv4/conf/all/rp_filter", "0", false, false},
    {"ipv4/conf/default/rp_filter", "0", false, false},
    {"ipv4/conf/all/send_redirects", "0", false, false},
    {"ipv4/conf/default/send_redirects", "0", false, false},
    {"ipv4/icmp_ratelimit", "0", false, true},
    {"ipv6/icmp/ratelimit", "0", false, true},
    {"ipv4/ip_forward", "1", true, false},
    {"ipv6/conf/all/forwarding", "1", true, true},
    {"bridge/bridge-nf-call-iptables", "1", true, true},
    {"bridge/bridge-nf-call-ip6tables", "1", true, true},
};

int ww_space_home(int *ret_home, struct ww_error *err)
{
    const int home = open(OWN, O_RDONLY | O_CLOEXEC);
    if (home < 0)
        return ww_fail(err, -errno, "cannot open %s: %s", OWN, strerror(errno));
    if (setns(home, CLONE_NEWNET) < 0) {
        const int code = -errno;
        close(home);
        return ww_fail(err, code, "%s: %s", NEEDED, strerror(-code));
    }
    *ret_home = home;
    return 0;
}

int ww_space_enter(const struct ww_space *space, struct ww_error *err)
{
    return setns(space->ns, CLONE_NEWNET) < 0 ? ww_fail(err, -errno, "cannot enter a namespace: %s", strerror(errno))
                                              : 0;
}

int ww_space_leave(int home, struct ww_error *err)
{
    return setns(home, CLONE_NEWNET) < 0 ? ww_fail(err, -errno, "cannot leave a namespace: %s", strerror(errno)) : 0;
}

void ww_space_leave_user(void)
{
    if (geteuid() != 0)
        (void)unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

static int set(const struct setting *s, struct ww_error *err)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/sys/net/%s", s->path);
    ww_auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && s->optional)
        return 0;
    if (fd < 0 || write(fd, s->value, strlen(s->value)) < 0)
        return ww_fail(err, -errno, "cannot set %s in a namespace of its own: %s", path, strerror(errno));
    return 0;
}

static int set_up(struct ww_space *space, bool router, struct ww_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(settings) / sizeof(settings[0]); i++)
        if (router || !settings[i].router)
            rc = set(&settings[i], err);
    if (rc == 0)
        rc = ww_ask_open(NETLINK_ROUTE, &space->routes, err);
    if (rc == 0)
        rc = ww_links_up(space->routes, WW_LOOPBACK_INDEX, err);
    for (int kind = 0; rc == 0 && kind < WW_LAB_KINDS; kind++)
        rc = ww_lab_packet_socket(kind, &space->raw[kind], err);
    return rc;
}

int ww_space_open(int home, bool router, struct ww_space *ret_space, struct ww_error *err)
{
    struct ww_space space = {.ns = -1};
    memset(space.raw, -1, sizeof(space.raw));
    if (unshare(CLONE_NEWNET) < 0)
        return ww_fail(err, -errno, "%s: %s", NEEDED, strerror(errno));
    space.ns = open(OWN, O_RDONLY | O_CLOEXEC);
    int rc = space.ns < 0 ? ww_fail(err, -errno, "cannot open %s: %s", OWN, strerror(errno)) : 0;
    if (rc == 0)
        rc = set_up(&space, router, err);
    int left = ww_space_leave(home, rc == 0 ? err : NULL);
    if (rc == 0)
        rc = left;
    if (rc < 0)
        ww_space_close(&space);
    else
        *ret_space = space;
    return rc;
}

void ww_space_close(struct ww_space *space)
{
    for (int kind = 0; kind < WW_LAB_KINDS; kind++)
        if (space->raw[kind] >= 0)
            close(space->raw[kind]);
    if (space->routes)
        mnl_socket_close(space->routes);
    if (space->ns >= 0)
        close(space->ns);
    *space = (struct ww_space){.ns = -1};
    memset(space->raw, -1, sizeof(space->raw));
}
