/* Counting tagged datagrams: "SENDER>TARGET SEQUENCE NANOSECONDS" and a newline. */
#include "probe_tally.h"

#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define PAYLOAD_MAX 128
#define ROOM (16 << 20)

_Static_assert(sizeof(struct tally_head) == 128 && sizeof(struct tally_row) == 128, "as tally.py reads them");

uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

struct tally *tally_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(struct tally))) {
        fprintf(stderr, "wwprobe: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    void *map = mmap(NULL, sizeof(struct tally), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED) {
        fprintf(stderr, "wwprobe: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    struct tally *t = map;
    t->head.began = now_ns();
    t->head.ended = 0;
    return t;
}

int tally_listen(uint16_t port)
{
    static const int on = 1;
    static const int room = ROOM;
    struct peer any;
    peer_parse("::", port, &any);
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) || bind(fd, &any.any, any.len)) {
        fprintf(stderr, "wwprobe: port %u: %s\n", port, strerror(errno));
        return -1;
    }
    /* a container may not force it: then it has what it may have, and overflow says when that was too little */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room))) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    }
    setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
    return fd;
}

int tally_join(int fd, const char *group)
{
    struct peer p;
    const char *scope = strchr(group, '%');
    unsigned index = scope ? if_nametoindex(scope + 1) : 0;
    int failed = -1;
    if (!peer_parse(group, 0, &p)) {
        errno = EINVAL;
    } else if (p.any.sa_family == AF_INET) {
        struct ip_mreqn request = {.imr_multiaddr = p.v4.sin_addr, .imr_ifindex = (int)index};
        failed = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request));
    } else {
        struct ipv6_mreq request = {.ipv6mr_multiaddr = p.v6.sin6_addr, .ipv6mr_interface = index};
        failed = setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof(request));
    }
    if (failed) {
        fprintf(stderr, "wwprobe: join %s: %s\n", group, strerror(errno));
    }
    return failed;
}

static unsigned hash(const char *key)
{
    unsigned h = 2166136261U;
    for (; *key; key++) {
        h = (h ^ (unsigned char)*key) * 16777619U;
    }
    return h;
}

/* The row of that key, new if need be; NULL when the table is full. A reader sees a key before its first count. */
static struct tally_row *row_of(struct tally *t, const char *key)
{
    unsigned at = hash(key) % TALLY_ROWS;
    for (unsigned i = 0; i < TALLY_ROWS; i++) {
        struct tally_row *row = &t->rows[(at + i) % TALLY_ROWS];
        if (!row->key[0]) {
            snprintf(row->key, sizeof(row->key), "%s", key);
        }
        if (strcmp(row->key, key) == 0) {
            return row;
        }
    }
    return NULL;
}

static void count(struct tally *t, char *data, const struct sockaddr_in6 *from)
{
    char *save = NULL;
    const char *key = strtok_r(data, " ", &save);
    const char *seq = strtok_r(NULL, " ", &save);
    const char *sent = strtok_r(NULL, "\n", &save);
    struct tally_row *row = sent && strlen(key) < TALLY_KEY && strchr(key, '>') ? row_of(t, key) : NULL;
    if (!row) {
        t->head.lost++;
        return;
    }
    uint64_t now = now_ns();
    uint64_t at = strtoull(sent, NULL, 10);
    if (row->count && at > row->last_sent && at - row->last_sent > row->gap) {
        row->gap = at - row->last_sent;
    }
    row->last_seen = now;
    row->last_sent = at;
    row->last_seq = strtoull(seq, NULL, 10);
    memcpy(row->from, &from->sin6_addr, sizeof(row->from));
    if (row->count++ == 0) {
        row->first_seen = now;
        row->first_sent = at;
        row->first_seq = row->last_seq;
    }
}

/* The number in the control message is the sum since the socket was opened. One socket's is enough: any is a failure.
 */
static void note_overflow(struct tally *t, struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        uint32_t dropped = 0;
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&dropped, CMSG_DATA(c), sizeof(dropped));
            t->head.overflow = dropped > t->head.overflow ? dropped : t->head.overflow;
        }
    }
}

void tally_drain(struct tally *t, int fd)
{
    static char data[BATCH][PAYLOAD_MAX];
    static struct sockaddr_in6 from[BATCH];
    static char control[BATCH][64];
    struct iovec iov[BATCH];
    struct mmsghdr msgs[BATCH];
    int n;
    do {
        for (int i = 0; i < BATCH; i++) {
            iov[i] = (struct iovec){.iov_base = data[i], .iov_len = PAYLOAD_MAX - 1};
            msgs[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                              .msg_namelen = sizeof(from[i]),
                                              .msg_iov = &iov[i],
                                              .msg_iovlen = 1,
                                              .msg_control = control[i],
                                              .msg_controllen = sizeof(control[i])};
        }
        n = recvmmsg(fd, msgs, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++) {
            data[i][msgs[i].msg_len] = '\0';
            note_overflow(t, &msgs[i].msg_hdr);
            count(t, data[i], &from[i]);
        }
    } while (n == BATCH);
}
