/* Looks for marks: texts that can be told wherever in a packet they are, and however it came. */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARK "~ww~"
#define KEY_LEN 8
#define ROOM (16 << 20)
#define QUIET_MS 50

/* A line for each mark in what is waiting. False when nothing was. */
static bool marks_read(int fd, bool frames)
{
    unsigned char data[4096];
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
    struct sockaddr_ll link = {.sll_pkttype = PACKET_HOST};
    socklen_t len = sizeof(from);
    ssize_t n = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
    if (n < 0) {
        return false;
    }
    if (frames) {
        memcpy(&link, &from, sizeof(link));
    }
    const unsigned char *at = data;
    const unsigned char *end = data + n;
    while (link.sll_pkttype != PACKET_OUTGOING && (at = memmem(at, (size_t)(end - at), MARK, strlen(MARK)))) {
        at += strlen(MARK);
        if (end - at < KEY_LEN) {
            break;
        }
        printf("%.*s\n", KEY_LEN, at);
    }
    return true;
}

/* Until stdin ends, and then until nothing has come for a while. */
static int marks_print(struct pollfd *fds, nfds_t n, bool frames)
{
    static const int room = ROOM;
    for (nfds_t i = 1; i < n; i++) {
        if (fds[i].fd < 0) {
            printf("error %s\n", strerrorname_np(errno));
            return 1;
        }
        setsockopt(fds[i].fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    }
    puts("ready");
    fflush(stdout);
    setvbuf(stdout, NULL, _IOFBF, 0);
    for (bool over = false;;) {
        int ready = poll(fds + over, n - over, over ? QUIET_MS : -1);
        if (ready <= 0) {
            break;
        }
        over = over || fds[0].revents;
        for (nfds_t i = 1; i < n; i++) {
            while (fds[i].revents && marks_read(fds[i].fd, frames)) {
            }
        }
    }
    return 0;
}

/* What comes in at an interface, before any filter of that namespace. */
int sniff_main(int argc, char **argv)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    at.sll_ifindex = argc > 1 ? (int)if_nametoindex(argv[1]) : 0;
    if (!at.sll_ifindex) {
        fputs("usage: wwprobe sniff IFACE\n", stderr);
        return 2;
    }
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), .events = POLLIN}};
    if (fds[1].fd >= 0 && bind(fds[1].fd, (const struct sockaddr *)&at, sizeof(at))) {
        close(fds[1].fd);
        fds[1].fd = -1;
    }
    return marks_print(fds, 2, true);
}

/* What the filters let through to any socket of the namespace, whether or not one listens there. */
int hear_main(int argc, char **argv)
{
    static const struct {
        int family;
        int protocol;
    } kinds[] = {{AF_INET, IPPROTO_UDP},  {AF_INET, IPPROTO_ICMP},    {AF_INET, IPPROTO_TCP}, {AF_INET, IPPROTO_IGMP},
                 {AF_INET6, IPPROTO_UDP}, {AF_INET6, IPPROTO_ICMPV6}, {AF_INET6, IPPROTO_TCP}};
    enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };
    struct pollfd fds[1 + KINDS] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    (void)argc;
    (void)argv;
    for (int i = 0; i < KINDS; i++) {
        fds[1 + i].fd = socket(kinds[i].family, SOCK_RAW | SOCK_CLOEXEC, kinds[i].protocol);
        fds[1 + i].events = POLLIN;
    }
    return marks_print(fds, 1 + KINDS, false);
}
