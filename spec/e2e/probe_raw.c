/* Forged packets, and a look at what really arrives at an interface. */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct packet {
    unsigned char data[128];
    size_t len;
};

static uint32_t sum16(uint32_t sum, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i + 1 < len; i += 2) {
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    }
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

/* The transport header into `at`; returns its length. Every length is even, so the sums need no padding. */
static size_t put_tcp(unsigned char *at, uint16_t sport, uint16_t dport, const char *flags)
{
    struct tcphdr tcp = {.source = htons(sport), .dest = htons(dport), .seq = htonl(1000), .doff = 5};
    tcp.window = htons(1000);
    tcp.syn = strchr(flags, 'S') != NULL;
    tcp.ack = strchr(flags, 'A') != NULL;
    tcp.fin = strchr(flags, 'F') != NULL;
    tcp.rst = strchr(flags, 'R') != NULL;
    tcp.psh = strchr(flags, 'P') != NULL;
    tcp.ack_seq = tcp.ack ? htonl(2000) : 0;
    memcpy(at, &tcp, sizeof(tcp));
    return sizeof(tcp);
}

static size_t put_udp(unsigned char *at, uint16_t sport, uint16_t dport)
{
    static const char payload[4] = "who";
    struct udphdr udp = {.source = htons(sport), .dest = htons(dport)};
    udp.len = htons(sizeof(udp) + sizeof(payload));
    memcpy(at, &udp, sizeof(udp));
    memcpy(at + sizeof(udp), payload, sizeof(payload));
    return sizeof(udp) + sizeof(payload);
}

static void put_network(struct packet *p, const struct peer *src, const struct peer *dst, uint8_t proto, size_t len)
{
    if (src->any.sa_family == AF_INET) {
        struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = proto};
        ip.tot_len = htons((uint16_t)(sizeof(ip) + len));
        ip.saddr = src->v4.sin_addr.s_addr;
        ip.daddr = dst->v4.sin_addr.s_addr;
        memcpy(p->data, &ip, sizeof(ip)); /* the kernel fills in the checksum */
        p->len = sizeof(ip) + len;
        return;
    }
    struct ip6_hdr ip = {.ip6_src = src->v6.sin6_addr, .ip6_dst = dst->v6.sin6_addr};
    ip.ip6_flow = htonl(6U << 28);
    ip.ip6_plen = htons((uint16_t)len);
    ip.ip6_nxt = proto;
    ip.ip6_hlim = 64;
    memcpy(p->data, &ip, sizeof(ip));
    p->len = sizeof(ip) + len;
}

static uint32_t pseudo_sum(const struct peer *src, const struct peer *dst, uint8_t proto, size_t len)
{
    uint32_t sum = (uint32_t)(proto + len);
    if (src->any.sa_family == AF_INET) {
        return sum16(sum16(sum, &src->v4.sin_addr, 4), &dst->v4.sin_addr, 4);
    }
    return sum16(sum16(sum, &src->v6.sin6_addr, 16), &dst->v6.sin6_addr, 16);
}

int raw_main(int argc, char **argv)
{
    struct peer src;
    struct peer dst;
    if (argc < 6 || !peer_parse(argv[2], 0, &src) || !peer_parse(argv[4], 0, &dst) ||
        src.any.sa_family != dst.any.sa_family) {
        fputs("usage: wwprobe raw tcp|udp SRC SPORT DST DPORT [FLAGS]\n", stderr);
        return 2;
    }
    struct packet p = {.len = 0};
    uint8_t proto = strcmp(argv[1], "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
    size_t head = src.any.sa_family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
    unsigned char *at = p.data + head;
    uint16_t sport = (uint16_t)strtoul(argv[3], NULL, 10);
    uint16_t dport = (uint16_t)strtoul(argv[5], NULL, 10);
    size_t len = proto == IPPROTO_TCP ? put_tcp(at, sport, dport, argc > 6 ? argv[6] : "S") : put_udp(at, sport, dport);
    size_t check_at = proto == IPPROTO_TCP ? offsetof(struct tcphdr, check) : offsetof(struct udphdr, check);
    uint16_t check = fold(sum16(pseudo_sum(&src, &dst, proto, len), at, len));
    memcpy(at + check_at, &check, sizeof(check));
    put_network(&p, &src, &dst, proto, len);
    int fd = socket(src.any.sa_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd < 0 || sendto(fd, p.data, p.len, 0, &dst.any, dst.len) != (ssize_t)p.len) {
        printf("error %s\n", strerrorname_np(errno));
        return 1;
    }
    close(fd);
    puts("sent");
    return 0;
}

/* The transport header in what a raw socket gives: IPv4 comes with the network header, IPv6 without. NULL if too short.
 */
static const unsigned char *transport(const unsigned char *data, size_t len, bool v4)
{
    size_t at = v4 && len > 0 ? (data[0] & 0x0fU) * 4U : 0;
    return len >= at + 2 ? data + at : NULL;
}

/* True, and a line, when a packet from that source port is waiting. */
static bool seen(int fd, bool v4, uint16_t sport)
{
    unsigned char data[256];
    char addr[INET6_ADDRSTRLEN];
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(from);
    ssize_t n = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
    const unsigned char *at = n > 0 ? transport(data, (size_t)n, v4) : NULL;
    if (!at || (at[0] << 8 | at[1]) != sport) {
        return false;
    }
    printf("seen %s\n", peer_text(&from, addr, sizeof(addr)));
    return true;
}

/* Raw sockets see what has passed the filters of the receiver's host, whether or not a socket listens there. */
int watch_main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: wwprobe watch tcp|udp SPORT TIMEOUT\n", stderr);
        return 2;
    }
    int proto = strcmp(argv[1], "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
    uint16_t sport = (uint16_t)strtoul(argv[2], NULL, 10);
    int64_t deadline = now_ms() + strtol(argv[3], NULL, 10);
    struct pollfd fds[] = {{.fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, proto), .events = POLLIN},
                           {.fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, proto), .events = POLLIN}};
    if (fds[0].fd < 0 || fds[1].fd < 0) {
        printf("error %s\n", strerrorname_np(errno));
        return 1;
    }
    puts("ready");
    for (int64_t left = deadline - now_ms(); left > 0; left = deadline - now_ms()) {
        if (poll(fds, 2, (int)left) <= 0) {
            break;
        }
        for (int i = 0; i < 2; i++) {
            if (fds[i].revents && seen(fds[i].fd, i == 0, sport)) {
                return 0;
            }
        }
    }
    puts("none");
    return 0;
}
