/* TCP connections a second: opened, taken by the other end, and reset. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "rounds.h"

static void connect_once(const struct flow *f, const struct sockaddr_in *to)
{
    struct linger reset = {.l_onoff = 1};
    int fd = bench_must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    bench_must(connect(fd, (const struct sockaddr *)to, sizeof(*to)), "connect");
    int peer = bench_must(accept(f->receiver, NULL, NULL), "accept");
    close(fd);
    close(peer);
}

static long connect_all(struct rounds *r, struct flow *flow, int way)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)flow->port)};
    (void)way;
    inet_pton(AF_INET, flow->addr, &to.sin_addr);
    if (flow->receiver < 0) {
        flow->receiver = rounds_socket(flow->to, SOCK_STREAM, flow->listens);
        bench_must(listen(flow->receiver, 16), "listen");
    }
    bench_enter(flow->from);
    long n = 0;
    int64_t end = bench_now() + (int64_t)(r->seconds * 1e9);
    for (; bench_now() < end; n++)
        connect_once(flow, &to);
    return n;
}

void bench_connections(int argc, char *argv[])
{
    static const char *const ways[] = {"out"};
    struct rounds r = {.forget = true};
    (void)argc;
    (void)argv;
    rounds_read(&r);
    rounds_run(&r, ways, 1, connect_all);
}
