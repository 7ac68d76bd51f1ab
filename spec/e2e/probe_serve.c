/* The answering side, and the long conversation that reports when it stalls. */
#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKETS_MAX 1024
#define STALL_MS 150
#define PACE_MS 5

enum role { LISTENER, DATAGRAM, STREAM, SCTP4, SCTP6 };

struct server {
    const char *id;
    struct pollfd fds[SOCKETS_MAX];
    enum role roles[SOCKETS_MAX];
    nfds_t n;
    bool ports[UINT16_MAX + 1]; /* that SCTP answers at */
};

static void add(struct server *s, int fd, enum role role)
{
    if (s->n == SOCKETS_MAX) {
        close(fd);
        return;
    }
    s->fds[s->n] = (struct pollfd){.fd = fd, .events = POLLIN};
    s->roles[s->n++] = role;
}

static int listen_on(struct server *s, uint16_t port, int type)
{
    static const int on = 1;
    struct peer any;
    peer_parse("::", port, &any);
    int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    /* so that a datagram is answered from the address it was sent to */
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
    if (bind(fd, &any.any, any.len) || (type == SOCK_STREAM && listen(fd, 512))) {
        fprintf(stderr, "wwprobe: port %u: %s\n", port, strerror(errno));
        close(fd);
        return -1;
    }
    add(s, fd, type == SOCK_STREAM ? LISTENER : DATAGRAM);
    return 0;
}

union control {
    struct cmsghdr align;
    char bytes[256];
};

/* What a datagram is received into, and answered with: it goes back to where it came from. */
static struct msghdr message_into(struct sockaddr_storage *from, struct iovec *iov, union control *control)
{
    return (struct msghdr){.msg_name = from,
                           .msg_namelen = sizeof(*from),
                           .msg_iov = iov,
                           .msg_iovlen = 1,
                           .msg_control = control->bytes,
                           .msg_controllen = sizeof(control->bytes)};
}

/* What was received is answered from the address that it was sent to, by whatever way leads back. */
static void keep_source(struct msghdr *msg)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(msg);
    if (c && c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo info;
        memcpy(&info, CMSG_DATA(c), sizeof(info));
        info.ipi6_ifindex = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
        memcpy(CMSG_DATA(c), &info, sizeof(info));
        if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr)) {
            msg->msg_controllen = 0;
        }
    } else if (c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(c), sizeof(info));
        info.ipi_ifindex = 0;
        info.ipi_spec_dst = info.ipi_addr;
        memcpy(CMSG_DATA(c), &info, sizeof(info));
    }
}

static int answer_text(const struct server *s, const struct sockaddr_storage *from, char *line, size_t size)
{
    char addr[INET6_ADDRSTRLEN];
    return snprintf(line, size, "%s %s %u\n", s->id, peer_text(from, addr, sizeof(addr)), peer_port(from));
}

/* Every packet of the namespace comes here: other processes may serve the other ports. */
static void answer_sctp(const struct server *s, int fd, int family)
{
    unsigned char data[512];
    unsigned char packet[SCTP_ANSWER_BYTES];
    char addr[INET6_ADDRSTRLEN];
    char line[256];
    union control control;
    struct sctp_ends asked;
    struct sockaddr_storage from;
    struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
    struct msghdr msg = message_into(&from, &iov, &control);
    ssize_t n = recvmsg(fd, &msg, 0);
    if (n < 0 || !sctp_asked(data, (size_t)n, family, &asked) || !s->ports[asked.dport]) {
        return;
    }
    keep_source(&msg);
    snprintf(line, sizeof(line), "%s %s %u", s->id, peer_text(&from, addr, sizeof(addr)), asked.sport);
    iov.iov_base = packet;
    iov.iov_len = sctp_answer(&asked, line, packet);
    if (iov.iov_len && sendmsg(fd, &msg, 0) < 0) {
        fprintf(stderr, "wwprobe: sctp answer: %s\n", strerror(errno));
    }
}

static void answer_datagram(const struct server *s, int fd)
{
    char data[512];
    char line[256];
    union control control;
    struct sockaddr_storage from;
    struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
    struct msghdr msg = message_into(&from, &iov, &control);
    if (recvmsg(fd, &msg, 0) < 0) {
        return;
    }
    keep_source(&msg);
    iov.iov_base = line;
    iov.iov_len = (size_t)answer_text(s, &from, line, sizeof(line));
    if (sendmsg(fd, &msg, 0) < 0) {
        fprintf(stderr, "wwprobe: answer: %s\n", strerror(errno));
    }
}

/* False when the stream is over. */
static bool answer_stream(const struct server *s, int fd)
{
    char data[4096];
    char line[256];
    struct sockaddr_storage from;
    socklen_t len = sizeof(from);
    ssize_t n = recv(fd, data, sizeof(data), 0);
    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    if (getpeername(fd, (struct sockaddr *)&from, &len)) {
        return false;
    }
    return send(fd, line, (size_t)answer_text(s, &from, line, sizeof(line)), 0) > 0;
}

static void serve_ready(struct server *s)
{
    nfds_t n = s->n;
    for (nfds_t i = 0; i < n; i++) {
        if (!s->fds[i].revents) {
            continue;
        }
        if (s->roles[i] == LISTENER) {
            int fd = accept4(s->fds[i].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd >= 0) {
                add(s, fd, STREAM);
            }
        } else if (s->roles[i] == DATAGRAM) {
            answer_datagram(s, s->fds[i].fd);
        } else if (s->roles[i] == SCTP4 || s->roles[i] == SCTP6) {
            answer_sctp(s, s->fds[i].fd, s->roles[i] == SCTP4 ? AF_INET : AF_INET6);
        } else if (!answer_stream(s, s->fds[i].fd)) {
            close(s->fds[i].fd);
            s->fds[i].fd = -1;
        }
    }
    nfds_t kept = 0;
    for (nfds_t i = 0; i < s->n; i++) {
        if (s->fds[i].fd >= 0) {
            s->roles[kept] = s->roles[i];
            s->fds[kept++] = s->fds[i];
        }
    }
    s->n = kept;
}

/* Without the right to raw sockets there is no SCTP. */
static void listen_sctp(struct server *s)
{
    int v4 = sctp_socket(AF_INET);
    int v6 = sctp_socket(AF_INET6);
    if (v4 >= 0) {
        add(s, v4, SCTP4);
    }
    if (v6 >= 0) {
        add(s, v6, SCTP6);
    }
}

int serve_main(int argc, char **argv)
{
    static struct server s;
    if (argc < 3) {
        fputs("usage: wwprobe serve ID PORT|A-B …\n", stderr);
        return 2;
    }
    s.id = argv[1];
    for (int i = 2; i < argc; i++) {
        char *end = NULL;
        unsigned long lo = strtoul(argv[i], &end, 10);
        unsigned long hi = *end == '-' ? strtoul(end + 1, NULL, 10) : lo;
        for (unsigned long port = lo; port <= hi; port++) {
            if (listen_on(&s, (uint16_t)port, SOCK_STREAM) || listen_on(&s, (uint16_t)port, SOCK_DGRAM)) {
                return 1;
            }
            s.ports[port] = true;
        }
    }
    listen_sctp(&s);
    printf("serving %s\n", s.id);
    for (;;) {
        if (poll(s.fds, s.n, -1) > 0) {
            serve_ready(&s);
        }
    }
}

/*
 * Wait for the answer to the last line, and say when it is late. False when the conversation is over. While it is late
 * the client goes on speaking: a server that acknowledged the line, and is then cut off, leaves it nothing to send
 * again, so nothing could tell it that its flow is gone.
 */
static bool flow_answer(int fd, int64_t asked, unsigned *ret_stalls)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    char data[512];
    bool stalled = false;
    for (;;) {
        int n = poll(fds, 2, STALL_MS);
        if (n == 0 && stalled) {
            (void)send(fd, "more\n", 5, MSG_DONTWAIT); /* what it fails with, the next recv() tells */
        } else if (n == 0) {
            stalled = true;
            (*ret_stalls)++;
            printf("stalled %lld\n", (long long)asked);
        } else if (fds[0].revents) {
            ssize_t got = recv(fd, data, sizeof(data), 0);
            if (got <= 0) {
                printf("lost %lld %s\n", (long long)now_ms(), got ? strerrorname_np(errno) : "closed");
                return false;
            }
            if (stalled) {
                printf("resumed %lld\n", (long long)now_ms());
            }
            return true;
        } else if (fds[1].revents) {
            return false;
        }
    }
}

int flow_main(int argc, char **argv)
{
    struct peer to;
    unsigned stalls = 0;
    unsigned long answers = 0;
    struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
    if (argc < 3 || !peer_parse(argv[1], (uint16_t)strtoul(argv[2], NULL, 10), &to)) {
        fputs("usage: wwprobe flow ADDR PORT\n", stderr);
        return 2;
    }
    int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &to.any, to.len)) {
        printf("lost %lld %s\n", (long long)now_ms(), strerrorname_np(errno));
        return 1;
    }
    while (poll(&end, 1, answers ? PACE_MS : 0) == 0) {
        int64_t asked = now_ms();
        if (send(fd, "more\n", 5, 0) != 5) {
            printf("lost %lld %s\n", (long long)now_ms(), strerrorname_np(errno));
            break;
        }
        if (!flow_answer(fd, asked, &stalls)) {
            break;
        }
        if (answers++ == 0) {
            printf("open %lld\n", (long long)now_ms());
        }
    }
    printf("end answers=%lu stalls=%u\n", answers, stalls);
    return 0;
}
