#include "helper_probe.h"
#include "helper_bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define ICMP_BYTES 20
#define NODE_QUERY 139 /* of ICMPv6 (RFC 4620), which connection tracking takes for a question, too */
#define SCTP_HEADER 12
#define SCTP_INIT 1 /* kinds of chunks (RFC 9260) */
#define SCTP_ABORT 6
#define SCTP_INIT_BYTES 20

static const struct {
    int family;
    int proto;
} kinds[PROBE_KINDS] = {
    {AF_INET, IPPROTO_TCP},  {AF_INET, IPPROTO_UDP},  {AF_INET, IPPROTO_SCTP},  {AF_INET, IPPROTO_ICMP},
    {AF_INET6, IPPROTO_TCP}, {AF_INET6, IPPROTO_UDP}, {AF_INET6, IPPROTO_SCTP}, {AF_INET6, IPPROTO_ICMPV6},
};

static int kind_of(const struct ww_flow *flow)
{
    for (int k = 0; k < PROBE_KINDS; k++)
        if (kinds[k].family == flow->src.family && kinds[k].proto == flow->proto)
            return k;
    fail_msg("no probe for protocol %u", flow->proto);
    return -1;
}

static int open_socket(int kind)
{
    int fd = socket(kinds[kind].family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, kinds[kind].proto);
    int room = 4 << 20, at = kinds[kind].proto == IPPROTO_TCP ? 16 : 6;
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    if (kinds[kind].family == AF_INET6 && (kinds[kind].proto == IPPROTO_TCP || kinds[kind].proto == IPPROTO_UDP))
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &at, sizeof(at)), 0);
    return fd;
}

void probe_open(struct probe_kit *kit, const struct lab *lab)
{
    kit->round = 0;
    for (int place = 0; place < LAB_PLACES; place++) {
        lab_enter(lab, place);
        for (int kind = 0; kind < PROBE_KINDS; kind++)
            kit->sockets[place][kind] = open_socket(kind);
    }
    lab_enter(lab, LAB_HOST);
}

void probe_close(struct probe_kit *kit)
{
    for (int place = 0; place < LAB_PLACES; place++)
        for (int kind = 0; kind < PROBE_KINDS; kind++)
            close(kit->sockets[place][kind]);
}

/* RFC 793: over a pseudo header, too. (IPv6: the kernel does it; UDP over IPv4 may have none.) */
static uint16_t tcp_checksum(const struct ww_flow *flow, const void *segment, size_t len)
{
    return fold(sum(flow->src.bytes, 4) + sum(flow->orig_dst.bytes, 4) + IPPROTO_TCP + (uint32_t)len +
                sum(segment, len));
}

/* What answers a segment with an ACK has the mark where that one has what it acknowledges. */
static size_t make_tcp(const struct probe *p, uint32_t mark, void *bytes)
{
    const struct ww_flow *flow = &p->flow;
    struct tcphdr tcp;
    memset(&tcp, 0, sizeof(tcp));
    tcp.source = htons(flow->sport);
    tcp.dest = htons(flow->orig_dport);
    tcp.seq = htonl(mark);
    tcp.doff = sizeof(tcp) / 4;
    tcp.syn = !p->kind;
    tcp.ack = p->kind == PROBE_ACK;
    tcp.ack_seq = tcp.ack ? tcp.seq : 0;
    tcp.window = htons(1024);
    if (flow->src.family == AF_INET)
        tcp.check = p->checksum ? htons(p->checksum) : tcp_checksum(flow, &tcp, sizeof(tcp));
    memcpy(bytes, &tcp, sizeof(tcp));
    return sizeof(tcp);
}

static size_t make_udp(const struct ww_flow *flow, uint32_t mark, char *bytes)
{
    uint32_t payload = htonl(mark);
    struct udphdr udp = {.source = htons(flow->sport), .dest = htons(flow->orig_dport)};
    udp.len = htons(sizeof(udp) + sizeof(payload));
    memcpy(bytes, &udp, sizeof(udp));
    memcpy(bytes + sizeof(udp), &payload, sizeof(payload));
    return sizeof(udp) + sizeof(payload);
}

/* The Castagnoli polynomial, reflected (RFC 9260, appendix A); written with the low byte first. */
static void put_crc32c(uint8_t *packet, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= packet[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
    }
    for (int i = 0; i < 4; i++)
        packet[8 + i] = (uint8_t)(~crc >> 8 * i);
}

static void put_word(uint8_t *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof(value));
}

/* A common header (ports, verification tag, checksum), and one chunk. */
static size_t make_sctp(uint16_t sport, uint16_t dport, uint32_t tag, const uint8_t *chunk, size_t len, char *bytes)
{
    uint8_t packet[SCTP_HEADER + SCTP_INIT_BYTES] = {0};
    put_word(packet, (uint32_t)sport << 16 | dport);
    put_word(packet + 4, tag);
    memcpy(packet + SCTP_HEADER, chunk, len);
    put_crc32c(packet, SCTP_HEADER + len);
    memcpy(bytes, packet, SCTP_HEADER + len);
    return SCTP_HEADER + len;
}

/* Other chunks than INIT have the mark where those of an association have its tag. */
static size_t make_chunk(const struct ww_flow *flow, uint8_t kind, uint32_t mark, char *bytes)
{
    const bool init = kind == 0 || kind == SCTP_INIT;
    uint8_t chunk[SCTP_INIT_BYTES] = {init ? SCTP_INIT : kind, 0, 0, SCTP_INIT_BYTES};
    put_word(chunk + 4, mark);         /* the tag of what is answered */
    put_word(chunk + 8, 65535);        /* window */
    put_word(chunk + 12, 1 << 16 | 1); /* streams */
    return make_sctp(flow->sport, flow->orig_dport, init ? 0 : mark, chunk, sizeof(chunk), bytes);
}

/* Where no socket listens the answer to an INIT is an ABORT; the kernel's own is away where a raw socket takes SCTP. */
static size_t make_abort(const struct ww_flow *flow, uint32_t mark, char *bytes)
{
    static const uint8_t chunk[4] = {SCTP_ABORT, 0, 0, sizeof(chunk)};
    return make_sctp(flow->sport, flow->orig_dport, mark, chunk, sizeof(chunk), bytes);
}

/* The identifier makes the flow, so it has the part of the mark that differs within a round. With room for a timestamp.
 */
static size_t make_icmp(const struct probe *p, uint32_t mark, uint8_t *bytes)
{
    struct icmphdr icmp;
    memset(&icmp, 0, sizeof(icmp));
    memset(bytes, 0, ICMP_BYTES);
    icmp.type = (uint8_t)(p->flow.question >> 8);
    icmp.code = (uint8_t)p->flow.question;
    icmp.un.echo.id = htons((uint16_t)mark);
    icmp.un.echo.sequence = htons((uint16_t)(mark >> 16));
    memcpy(bytes, &icmp, sizeof(icmp));
    if (p->flow.proto != IPPROTO_ICMP)
        return ICMP_BYTES; /* the kernel does it */
    if (p->checksum) {
        uint16_t filler = fold((uint32_t)p->checksum + ntohs((uint16_t)~fold(sum(bytes, ICMP_BYTES))));
        memcpy(bytes + ICMP_BYTES - sizeof(filler), &filler, sizeof(filler));
    }
    icmp.checksum = fold(sum(bytes, ICMP_BYTES));
    memcpy(bytes, &icmp, sizeof(icmp));
    return ICMP_BYTES;
}

static size_t make_packet(const struct probe *p, uint32_t mark, char *bytes)
{
    const struct ww_flow *flow = &p->flow;
    if (flow->proto == IPPROTO_TCP)
        return make_tcp(p, mark, bytes);
    if (flow->proto == IPPROTO_SCTP)
        return make_chunk(flow, p->kind, mark, bytes);
    return flow->proto == IPPROTO_UDP ? make_udp(flow, mark, bytes) : make_icmp(p, mark, (uint8_t *)bytes);
}

/* With the source given beside the packet (ip(7) IP_PKTINFO, ipv6(7) IPV6_PKTINFO). */
static int send_packet(int fd, const struct ww_flow *flow, const char *bytes, size_t len)
{
    union {
        char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
        struct cmsghdr align;
    } control = {{0}};
    struct sockaddr_in to4 = {.sin_family = AF_INET};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
    struct iovec iov = {(void *)(uintptr_t)bytes, len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control};
    bool v4 = flow->src.family == AF_INET;
    msg.msg_controllen = v4 ? CMSG_SPACE(sizeof(struct in_pktinfo)) : CMSG_SPACE(sizeof(struct in6_pktinfo));
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
    if (v4) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, flow->src.bytes, 4);
        memcpy(&to4.sin_addr, flow->orig_dst.bytes, 4);
        *cmsg = (struct cmsghdr){CMSG_LEN(sizeof(info)), IPPROTO_IP, IP_PKTINFO};
        memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
        msg.msg_name = &to4;
        msg.msg_namelen = sizeof(to4);
    } else {
        struct in6_pktinfo info = {0};
        memcpy(&info.ipi6_addr, flow->src.bytes, 16);
        memcpy(&to6.sin6_addr, flow->orig_dst.bytes, 16);
        *cmsg = (struct cmsghdr){CMSG_LEN(sizeof(info)), IPPROTO_IPV6, IPV6_PKTINFO};
        memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
        msg.msg_name = &to6;
        msg.msg_namelen = sizeof(to6);
    }
    return sendmsg(fd, &msg, 0) < 0 ? errno : 0;
}

/* Where and in which role a packet was seen. */
struct sighting {
    int place;
    bool answer;
    uint32_t mark;
};

static bool read_tcp(const uint8_t *at, size_t len, struct sighting *s)
{
    struct tcphdr tcp;
    if (len < sizeof(tcp))
        return false;
    memcpy(&tcp, at, sizeof(tcp));
    s->answer = tcp.rst;
    s->mark = tcp.rst && tcp.ack ? ntohl(tcp.ack_seq) - 1 : ntohl(tcp.seq);
    return tcp.rst || tcp.syn != tcp.ack;
}

static bool read_udp(const uint8_t *at, size_t len, struct sighting *s)
{
    uint32_t mark;
    if (len < sizeof(struct udphdr) + sizeof(mark))
        return false;
    memcpy(&mark, at + sizeof(struct udphdr), sizeof(mark));
    s->mark = ntohl(mark);
    return true;
}

static bool read_sctp(const uint8_t *at, size_t len, struct sighting *s)
{
    uint32_t mark;
    if (len < SCTP_HEADER + 4 || (at[SCTP_HEADER] == SCTP_INIT && len < SCTP_HEADER + 8))
        return false;
    s->answer = at[SCTP_HEADER] == SCTP_ABORT;
    memcpy(&mark, at[SCTP_HEADER] == SCTP_INIT ? at + SCTP_HEADER + 4 : at + 4, sizeof(mark));
    s->mark = ntohl(mark);
    return true;
}

/* An echo, its reply, or the error about a datagram, with the datagram in it. */
static bool read_icmp(const uint8_t *at, size_t len, bool v4, struct sighting *s)
{
    size_t header = v4 ? IPV4_HEADER : IPV6_HEADER;
    struct icmphdr icmp;
    if (len < sizeof(icmp))
        return false;
    memcpy(&icmp, at, sizeof(icmp));
    s->mark = (uint32_t)ntohs(icmp.un.echo.sequence) << 16 | ntohs(icmp.un.echo.id);
    s->answer = icmp.type == (v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) || (v4 && icmp.type == ICMP_TIMESTAMPREPLY);
    if (s->answer || icmp.type == (v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST) ||
        icmp.type == (v4 ? ICMP_TIMESTAMP : NODE_QUERY))
        return true;
    s->answer = true;
    return icmp.type == (v4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH) && len > sizeof(icmp) + header &&
           at[sizeof(icmp) + (v4 ? 9 : 6)] == IPPROTO_UDP &&
           read_udp(at + sizeof(icmp) + header, len - sizeof(icmp) - header, s);
}

static bool read_sighting(int kind, const uint8_t *bytes, size_t len, struct sighting *s)
{
    bool v4 = kinds[kind].family == AF_INET;
    size_t skip = v4 ? (size_t)(bytes[0] & 15) * 4 : 0; /* raw IPv4 sockets see the header, raw IPv6 ones do not */
    if (len < skip)
        return false;
    if (kinds[kind].proto == IPPROTO_TCP)
        return read_tcp(bytes + skip, len - skip, s);
    if (kinds[kind].proto == IPPROTO_UDP)
        return read_udp(bytes + skip, len - skip, s);
    if (kinds[kind].proto == IPPROTO_SCTP)
        return read_sctp(bytes + skip, len - skip, s);
    return read_icmp(bytes + skip, len - skip, v4, s);
}

/* From where it came to, whatever its sender dialled. */
static void answer_init(const struct probe_kit *kit, const struct probe *p, uint32_t mark)
{
    char bytes[128];
    struct ww_flow back = {.proto = p->flow.proto,
                           .src = p->flow.dst,
                           .sport = p->flow.dport,
                           .orig_dst = p->flow.src,
                           .orig_dport = p->flow.sport};
    size_t len = make_abort(&back, mark, bytes);
    (void)send_packet(kit->sockets[p->to][kind_of(&p->flow)], &back, bytes, len);
}

static void note(const struct probe_kit *kit, struct probe *probes, size_t n, const struct sighting *s)
{
    size_t i = s->mark & 0xffff;
    if (s->mark >> 16 != kit->round || i >= n)
        return;
    if (s->answer)
        probes[i].answered = probes[i].answered || s->place == probes[i].from;
    else if (s->place == probes[i].to)
        probes[i].delivered = true;
    else
        probes[i].strayed = true;
    if (probes[i].delivered && !s->answer && probes[i].flow.proto == IPPROTO_SCTP && !probes[i].kind)
        answer_init(kit, &probes[i], s->mark);
}

static void drain(struct probe_kit *kit, int place, int kind, struct probe *probes, size_t n)
{
    uint8_t bytes[2048];
    ssize_t len;
    while ((len = recv(kit->sockets[place][kind], bytes, sizeof(bytes), 0)) > 0) {
        struct sighting s = {.place = place};
        if (read_sighting(kind, bytes, (size_t)len, &s))
            note(kit, probes, n, &s);
    }
}

static void collect(struct probe_kit *kit, struct probe *probes, size_t n, int quiet_ms)
{
    struct pollfd fds[LAB_PLACES * PROBE_KINDS];
    for (size_t i = 0; i < LAB_PLACES * PROBE_KINDS; i++)
        fds[i] = (struct pollfd){.fd = kit->sockets[i / PROBE_KINDS][i % PROBE_KINDS], .events = POLLIN};
    while (poll(fds, LAB_PLACES * PROBE_KINDS, quiet_ms) > 0)
        for (int i = 0; i < LAB_PLACES * PROBE_KINDS; i++)
            if (fds[i].revents)
                drain(kit, i / PROBE_KINDS, i % PROBE_KINDS, probes, n);
}

void probe_run(struct probe_kit *kit, struct probe *probes, size_t n, int quiet_ms)
{
    assert_true(n <= PROBE_MAX);
    kit->round++;
    for (size_t i = 0; i < n; i++) {
        char bytes[128] = {0};
        struct probe *p = &probes[i];
        size_t len = make_packet(p, (uint32_t)kit->round << 16 | (uint32_t)i, bytes);
        p->delivered = p->strayed = p->answered = false;
        p->send_error = send_packet(kit->sockets[p->from][kind_of(&p->flow)], &p->flow, bytes, len);
        if (i % 64 == 63)
            collect(kit, probes, n, 0);
    }
    collect(kit, probes, n, quiet_ms);
}
