/* As many datagrams as it can send, to ports in turn: a few in each call, from one socket. */
#include "probe.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOGETHER 64

static unsigned long send_some(int fd, const struct peer *to, unsigned first, unsigned ports, unsigned long sent)
{
    static char byte;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct mmsghdr messages[TOGETHER];
    struct sockaddr_in at[TOGETHER];
    memset(messages, 0, sizeof(messages));
    for (unsigned i = 0; i < TOGETHER; i++) {
        at[i] = to->v4;
        at[i].sin_port = htons((uint16_t)(first + (sent + i) % ports));
        messages[i].msg_hdr.msg_name = &at[i];
        messages[i].msg_hdr.msg_namelen = sizeof(at[i]);
        messages[i].msg_hdr.msg_iov = &data;
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int n = sendmmsg(fd, messages, TOGETHER, 0);
    return n > 0 ? (unsigned long)n : 0; /* a full queue: once more */
}

/* storm ADDR A B SECONDS: to ports A to B; says how many the kernel took */
int storm_main(int argc, char **argv)
{
    struct peer to;
    if (argc != 5 || !peer_parse(argv[1], 1, &to) || to.any.sa_family != AF_INET) {
        return 2;
    }
    unsigned first = (unsigned)strtoul(argv[2], NULL, 10);
    unsigned last = (unsigned)strtoul(argv[3], NULL, 10);
    if (!first || last < first || last > UINT16_MAX) {
        return 2;
    }
    int64_t end = now_ms() + strtol(argv[4], NULL, 10) * 1000;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    unsigned long sent = 0;
    while (fd >= 0 && now_ms() < end) {
        sent += send_some(fd, &to, first, last - first + 1, sent);
    }
    printf("%lu\n", sent);
    return fd < 0;
}
