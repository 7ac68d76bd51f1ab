/* Packets a second of established flows: UDP, 32 bytes, from the sender (`out`) or as answers to it (`in`). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bench.h"
#include "rounds.h"

#define AT_ONCE 64
#define BURSTS 4 /* between two looks at the clock */

/* Both ends see each other, so the flow is established; what arrives from then on is dropped at a full queue. */
static void establish(struct flow *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f->port)};
    struct sockaddr_in from;
    socklen_t len = sizeof(from);
    struct timeval patience = {.tv_sec = 2};
    char byte = 0;
    int least = 0;
    inet_pton(AF_INET, f->addr, &to.sin_addr);
    f->sender = rounds_socket(f->from, SOCK_DGRAM, 0);
    f->receiver = rounds_socket(f->to, SOCK_DGRAM, f->listens);
    int fds[2] = {f->sender, f->receiver};
    for (int i = 0; i < 2; i++)
        setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    bench_must(connect(f->sender, (struct sockaddr *)&to, sizeof(to)), "connect");
    bench_must((int)send(f->sender, &byte, 1, 0), "send the first packet");
    bench_must((int)recvfrom(f->receiver, &byte, 1, 0, (struct sockaddr *)&from, &len), "get the first packet");
    bench_must(connect(f->receiver, (struct sockaddr *)&from, sizeof(from)), "connect back");
    bench_must((int)send(f->receiver, &byte, 1, 0), "answer");
    bench_must((int)recv(f->sender, &byte, 1, 0), "get the answer");
    for (int i = 0; i < 2; i++)
        setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
}

static long flood(struct rounds *r, struct flow *flow, int way)
{
    char payload[32] = {0};
    struct iovec piece = {payload, sizeof(payload)};
    struct mmsghdr list[AT_ONCE];
    memset(list, 0, sizeof(list));
    for (int i = 0; i < AT_ONCE; i++)
        list[i].msg_hdr = (struct msghdr){.msg_iov = &piece, .msg_iovlen = 1};
    if (flow->sender < 0)
        establish(flow);
    int fd = way ? flow->receiver : flow->sender;
    long n = 0;
    int64_t end = bench_now() + (int64_t)(r->seconds * 1e9);
    do {
        for (int i = 0; i < BURSTS; i++)
            n += bench_must(sendmmsg(fd, list, AT_ONCE, 0), "send");
    } while (bench_now() < end);
    return n;
}

/* Packets that the core could not take in time were never filtered: with them the figures would be too good. */
static unsigned long dropped_early(int core)
{
    char line[256];
    unsigned taken = 0;
    unsigned dropped = 0;
    FILE *file = fopen("/proc/net/softnet_stat", "re");
    for (int i = 0; file && i <= core && fgets(line, sizeof(line), file); i++)
        sscanf(line, "%x %x", &taken, &dropped);
    if (file)
        fclose(file);
    return dropped;
}

void bench_packets(int argc, char *argv[])
{
    static const char *const ways[] = {"out", "in"};
    struct rounds r = {0};
    (void)argc;
    (void)argv;
    rounds_read(&r);
    unsigned long before = dropped_early(r.core);
    rounds_run(&r, ways, 2, flood);
    printf("dropped %lu\n", dropped_early(r.core) - before);
}
