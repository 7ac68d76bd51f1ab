/*
 * wwprobe MODE …
 *
 * - serve ID PORT|A-B …: tcp, udp and sctp on these ports, both families; answers "ID PEER PEERPORT"
 *
 * - tcp|udp|sctp ADDR PORT [OPTION…]: one probe; options: bind=ADDR sport=N timeout=MS
 *
 * - ping ADDR [OPTION…]
 *
 * - batch: stdin has "KEY tcp|udp|sctp|ping ADDR PORT [OPTION…]" a line (ping: port 0), all at once; results are "KEY
 *   pass ID PEER", "KEY refused ERRNO", "KEY timeout"
 *
 * - flow ADDR PORT: a long TCP conversation until stdin ends; "open", "stalled", "resumed", "lost"
 *
 * - raw tcp|udp SRC SPORT DST DPORT [FLAGS]: one forged packet; FLAGS of "SAFRP", default S
 *
 * - watch tcp|udp SPORT TIMEOUT: "ready", then "seen SRC" when such a packet comes in, or "none"
 *
 * - first ID FILE [OPTION…] [KEY=ADDR/PORT…]: from the first instruction on a tagged datagram to each target every 0.5
 *   ms, and counts the tagged ones that come: all numbers go to the file (probe_tally.h); options: every=US ms=MS
 *   fresh=ROUNDS (a new source port) sport=PORT listen=PORT join=GROUP (of the port before it). Without targets it only
 *   counts; without ports it ends when it has sent
 *
 * - frame IFACE [HEXBYTES [COUNT]]: a frame as it is given; without bytes, those of stdin, a line each (HEXBYTES
 *   [COUNT], or "wait MS")
 *
 * - sniff IFACE: "ready", then the 8 characters behind each "~ww~" that comes in there, until stdin ends
 *
 * - hear: the same for what gets to sockets of this namespace
 *
 * - flood ADDR A B SOURCES: one datagram from each of so many source ports (from 8000 on) to each port from A to B;
 *   "sent N", and waits to be killed
 *
 * - storm ADDR A B SECONDS: as many datagrams as it can send for so long, to ports from A to B in turn; "N", how many
 */
#include "probe.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

bool peer_parse(const char *text, uint16_t port, struct peer *ret_peer)
{
    char addr[64];
    struct peer p = {.len = 0};
    const char *scope = strchr(text, '%');
    size_t len = scope ? (size_t)(scope - text) : strlen(text);
    if (len >= sizeof(addr)) {
        return false;
    }
    memcpy(addr, text, len);
    addr[len] = '\0';
    if (inet_pton(AF_INET, addr, &p.v4.sin_addr) == 1) {
        p.v4.sin_family = AF_INET;
        p.v4.sin_port = htons(port);
        p.len = sizeof(p.v4);
    } else if (inet_pton(AF_INET6, addr, &p.v6.sin6_addr) == 1) {
        p.v6.sin6_family = AF_INET6;
        p.v6.sin6_port = htons(port);
        p.v6.sin6_scope_id = scope ? if_nametoindex(scope + 1) : 0;
        p.len = sizeof(p.v6);
    }
    *ret_peer = p;
    return p.len != 0;
}

const char *peer_text(const struct sockaddr_storage *from, char *text, size_t size)
{
    struct peer p = {.len = 0};
    memcpy(&p.v6, from, sizeof(p.v6));
    const char *done;
    if (p.any.sa_family == AF_INET) {
        done = inet_ntop(AF_INET, &p.v4.sin_addr, text, (socklen_t)size);
    } else if (IN6_IS_ADDR_V4MAPPED(&p.v6.sin6_addr)) {
        done = inet_ntop(AF_INET, &p.v6.sin6_addr.s6_addr[12], text, (socklen_t)size);
    } else {
        done = inet_ntop(AF_INET6, &p.v6.sin6_addr, text, (socklen_t)size);
    }
    return done ? done : "?";
}

uint16_t peer_port(const struct sockaddr_storage *from)
{
    struct peer p = {.len = 0};
    memcpy(&p.v6, from, sizeof(p.v6));
    return ntohs(p.any.sa_family == AF_INET ? p.v4.sin_port : p.v6.sin6_port);
}

int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } modes[] = {
        {"serve", serve_main}, {"tcp", single_main},  {"udp", single_main},  {"sctp", single_main},
        {"ping", single_main}, {"batch", batch_main}, {"flow", flow_main},   {"raw", raw_main},
        {"watch", watch_main}, {"first", first_main}, {"frame", frame_main}, {"sniff", sniff_main},
        {"hear", hear_main},   {"flood", flood_main}, {"storm", storm_main},
    };
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(argv[1], modes[i].name) == 0) {
            return modes[i].run(argc - 1, argv + 1);
        }
    }
    fputs("usage: wwprobe serve|tcp|udp|sctp|ping|batch|flow|raw|watch|first|frame|sniff|hear|flood|storm …\n", stderr);
    return 2;
}
