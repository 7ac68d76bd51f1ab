/* Makes many tracked flows, each with one datagram: so many source ports to each of some ports. */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Below the kernel's ephemeral ports: Docker's name server has one of these in the container's namespace. */
#define FIRST_SOURCE 8000
#define SOURCES_MAX 24000
#define FULL_MAX 100000 /* pauses for a full queue, or an unresolved neighbour, in all */
#define PAUSE_US 100
#define HOLD_S 300 /* then it ends by itself */

struct flood {
    struct peer to;
    unsigned from_port;
    unsigned to_port;
    unsigned sent;
    unsigned paused;
};

static bool send_one(struct flood *f, int fd)
{
    while (sendto(fd, "", 1, 0, &f->to.any, f->to.len) < 0) {
        bool full = errno == ENOBUFS || errno == EAGAIN || errno == EPERM || errno == EHOSTUNREACH;
        if (!full || f->paused++ >= FULL_MAX) {
            return errno == ECONNREFUSED;
        }
        usleep(PAUSE_US);
    }
    f->sent++;
    return true;
}

static bool send_from(struct flood *f, uint16_t source)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(source)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0;
    for (unsigned port = f->from_port; port <= f->to_port && good; port++) {
        f->to.v4.sin_port = htons((uint16_t)port);
        good = send_one(f, fd);
    }
    close(fd);
    return good;
}

/* flood ADDR A B SOURCES */
int flood_main(int argc, char **argv)
{
    struct flood f = {.sent = 0};
    if (argc != 5 || !peer_parse(argv[1], 1, &f.to) || f.to.any.sa_family != AF_INET) {
        return 2;
    }
    f.from_port = (unsigned)strtoul(argv[2], NULL, 10);
    f.to_port = (unsigned)strtoul(argv[3], NULL, 10);
    unsigned sources = (unsigned)strtoul(argv[4], NULL, 10);
    if (!f.from_port || f.to_port > UINT16_MAX || sources > SOURCES_MAX) {
        return 2;
    }
    bool good = true;
    for (unsigned i = 0; i < sources && good; i++) {
        good = send_from(&f, (uint16_t)(FIRST_SOURCE + i));
    }
    printf("sent %u%s%s\n", f.sent, good ? "" : " until ", good ? "" : strerror(errno));
    alarm(HOLD_S);
    while (good) {
        pause();
    }
    return 1;
}
