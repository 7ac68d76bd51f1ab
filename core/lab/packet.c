#include "core/lab/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#define ICMP_BYTES 8
#define SCTP_HEADER 12
#define SCTP_INIT 1 /* kinds of chunks (RFC 9260) */
#define SCTP_ABORT 6
#define SCTP_INIT_BYTES 20
#define RECEIVE_BYTES (1 << 20)

static const struct {
    int family;
    int proto;
} kinds[] = {
    {AF_INET, IPPROTO_TCP},  {AF_INET, IPPROTO_UDP},  {AF_INET, IPPROTO_SCTP},  {AF_INET, IPPROTO_ICMP},
    {AF_INET6, IPPROTO_TCP}, {AF_INET6, IPPROTO_UDP}, {AF_INET6, IPPROTO_SCTP}, {AF_INET6, IPPROTO_ICMPV6},
};

/* A datagram's payload: its mark, and whether it is the answer. */
struct payload {
    uint32_t mark;
    uint32_t answer;
};

int ww_lab_packet_kind(const struct ww_flow *flow)
{
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        if (kinds[k].family == flow->src.family && kinds[k].proto == flow->proto)
            return (int)k;
    return -1;
}

/* In IPv6 the kernel works out checksums, which cover a pseudo header there (RFC 8200, 8.1). */
int ww_lab_packet_socket(int kind, int *ret_fd, struct ww_error *err)
{
    const int proto = kinds[kind].proto;
    const int room = RECEIVE_BYTES;
    const int at = proto == IPPROTO_TCP ? 16 : 6;
    const int fd = socket(kinds[kind].family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
    if (fd < 0)
        return ww_fail(err, -errno, "cannot open a raw socket: %s", strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    *ret_fd = fd;
    if (kinds[kind].family == AF_INET6 && (proto == IPPROTO_TCP || proto == IPPROTO_UDP) &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &at, sizeof(at)) < 0)
        return ww_fail(err, -errno, "cannot set up a raw socket: %s", strerror(errno));
    return 0;
}

static uint32_t sum_words(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

/* Over a pseudo header, too (RFC 9293, 3.1). */
static uint16_t tcp_checksum(const struct ww_flow *flow, const void *segment, size_t len)
{
    return fold(sum_words(flow->src.bytes, 4) + sum_words(flow->orig_dst.bytes, 4) + IPPROTO_TCP + (uint32_t)len +
                sum_words(segment, len));
}

static size_t make_tcp(const struct ww_flow *flow, uint32_t mark, uint8_t *bytes)
{
    struct tcphdr tcp;
    memset(&tcp, 0, sizeof(tcp));
    tcp.source = htons(flow->sport);
    tcp.dest = htons(flow->orig_dport);
    tcp.seq = htonl(mark);
    tcp.doff = sizeof(tcp) / 4;
    tcp.syn = 1;
    tcp.window = htons(1024);
    if (flow->src.family == AF_INET)
        tcp.check = tcp_checksum(flow, &tcp, sizeof(tcp));
    memcpy(bytes, &tcp, sizeof(tcp));
    return sizeof(tcp);
}

/* In IPv4 a datagram may have no checksum. */
static size_t make_udp(const struct ww_flow *flow, uint32_t mark, bool answer, uint8_t *bytes)
{
    const struct payload payload = {.mark = htonl(mark), .answer = htonl(answer)};
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

static uint32_t get_word(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return ntohl(value);
}

/* A common header (ports, verification tag, checksum), and one chunk. An ABORT has the tag that the INIT gave. */
static size_t make_sctp(const struct ww_flow *flow, uint32_t mark, bool answer, uint8_t *bytes)
{
    const uint8_t len = answer ? 4 : SCTP_INIT_BYTES;
    uint8_t *chunk = bytes + SCTP_HEADER;
    memset(bytes, 0, SCTP_HEADER + SCTP_INIT_BYTES);
    put_word(bytes, (uint32_t)flow->sport << 16 | flow->orig_dport);
    put_word(bytes + 4, answer ? mark : 0);
    chunk[0] = answer ? SCTP_ABORT : SCTP_INIT;
    chunk[3] = len;
    if (!answer) {
        put_word(chunk + 4, mark);
        put_word(chunk + 8, 65535);        /* window */
        put_word(chunk + 12, 1 << 16 | 1); /* streams */
    }
    put_crc32c(bytes, SCTP_HEADER + len);
    return SCTP_HEADER + len;
}

/* The identifier makes the flow, so it has the part of the mark that differs within a batch. */
static size_t make_icmp(const struct ww_flow *flow, uint32_t mark, uint8_t *bytes)
{
    struct icmphdr icmp;
    memset(&icmp, 0, sizeof(icmp));
    icmp.type = (uint8_t)(flow->question >> 8);
    icmp.code = (uint8_t)flow->question;
    icmp.un.echo.id = htons((uint16_t)mark);
    icmp.un.echo.sequence = htons((uint16_t)(mark >> 16));
    if (flow->proto == IPPROTO_ICMP)
        icmp.checksum = fold(sum_words(&icmp, sizeof(icmp)));
    memcpy(bytes, &icmp, sizeof(icmp));
    return sizeof(icmp);
}

size_t ww_lab_packet_make(const struct ww_flow *flow, uint32_t mark, uint8_t bytes[static WW_PACKET_BYTES])
{
    if (flow->proto == IPPROTO_TCP)
        return make_tcp(flow, mark, bytes);
    if (flow->proto == IPPROTO_SCTP)
        return make_sctp(flow, mark, false, bytes);
    return flow->proto == IPPROTO_UDP ? make_udp(flow, mark, false, bytes) : make_icmp(flow, mark, bytes);
}

size_t ww_lab_packet_answer(const struct ww_flow *flow, uint32_t mark, uint8_t bytes[static WW_PACKET_BYTES])
{
    if (flow->proto == IPPROTO_SCTP)
        return make_sctp(flow, mark, true, bytes);
    return flow->proto == IPPROTO_UDP ? make_udp(flow, mark, true, bytes) : 0;
}

/* With the source beside the packet (ip(7) IP_PKTINFO, ipv6(7) IPV6_PKTINFO). */
int ww_lab_packet_send(int fd, const struct ww_flow *flow, const uint8_t *bytes, size_t len)
{
    union {
        char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
        struct cmsghdr align;
    } control = {{0}};
    struct sockaddr_in to4 = {.sin_family = AF_INET};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
    struct in_pktinfo info4 = {0};
    struct in6_pktinfo info6 = {0};
    struct iovec iov = {(void *)(uintptr_t)bytes, len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control};
    const bool v4 = flow->src.family == AF_INET;
    memcpy(&info4.ipi_spec_dst, flow->src.bytes, 4);
    memcpy(&to4.sin_addr, flow->orig_dst.bytes, 4);
    memcpy(&info6.ipi6_addr, flow->src.bytes, 16);
    memcpy(&to6.sin6_addr, flow->orig_dst.bytes, 16);
    msg.msg_controllen = v4 ? CMSG_SPACE(sizeof(info4)) : CMSG_SPACE(sizeof(info6));
    msg.msg_name = v4 ? (void *)&to4 : (void *)&to6;
    msg.msg_namelen = v4 ? sizeof(to4) : sizeof(to6);
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
    *cmsg = v4 ? (struct cmsghdr){CMSG_LEN(sizeof(info4)), IPPROTO_IP, IP_PKTINFO}
               : (struct cmsghdr){CMSG_LEN(sizeof(info6)), IPPROTO_IPV6, IPV6_PKTINFO};
    memcpy(CMSG_DATA(cmsg), v4 ? (void *)&info4 : (void *)&info6, v4 ? sizeof(info4) : sizeof(info6));
    return sendmsg(fd, &msg, 0) < 0 ? errno : 0;
}

static bool read_tcp(const uint8_t *at, size_t len, struct ww_sighting *s)
{
    struct tcphdr tcp;
    if (len < sizeof(tcp))
        return false;
    memcpy(&tcp, at, sizeof(tcp));
    s->answer = tcp.rst;
    s->mark = tcp.rst ? ntohl(tcp.ack_seq) - 1 : ntohl(tcp.seq);
    return tcp.rst || tcp.syn;
}

static bool read_udp(const uint8_t *at, size_t len, struct ww_sighting *s)
{
    struct payload payload;
    if (len < sizeof(struct udphdr) + sizeof(payload))
        return false;
    memcpy(&payload, at + sizeof(struct udphdr), sizeof(payload));
    s->mark = ntohl(payload.mark);
    s->answer = payload.answer != 0;
    return true;
}

static bool read_sctp(const uint8_t *at, size_t len, struct ww_sighting *s)
{
    if (len < SCTP_HEADER + 8 && (len < SCTP_HEADER + 4 || at[SCTP_HEADER] == SCTP_INIT))
        return false;
    s->answer = at[SCTP_HEADER] == SCTP_ABORT;
    s->mark = get_word(s->answer ? at + 4 : at + SCTP_HEADER + 4);
    return s->answer || at[SCTP_HEADER] == SCTP_INIT;
}

static bool read_icmp(const uint8_t *at, size_t len, bool v4, struct ww_sighting *s)
{
    struct icmphdr icmp;
    if (len < sizeof(icmp))
        return false;
    memcpy(&icmp, at, sizeof(icmp));
    s->mark = (uint32_t)ntohs(icmp.un.echo.sequence) << 16 | ntohs(icmp.un.echo.id);
    s->answer = icmp.type == (v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY);
    return s->answer || icmp.type == (v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST);
}

/* Raw sockets of IPv4 see the header, those of IPv6 do not. */
bool ww_lab_packet_read(int kind, const uint8_t *bytes, size_t len, struct ww_sighting *ret_sighting)
{
    const bool v4 = kinds[kind].family == AF_INET;
    const size_t skip = v4 && len ? (size_t)(bytes[0] & 15) * 4 : 0;
    if (len < skip)
        return false;
    if (kinds[kind].proto == IPPROTO_TCP)
        return read_tcp(bytes + skip, len - skip, ret_sighting);
    if (kinds[kind].proto == IPPROTO_UDP)
        return read_udp(bytes + skip, len - skip, ret_sighting);
    if (kinds[kind].proto == IPPROTO_SCTP)
        return read_sctp(bytes + skip, len - skip, ret_sighting);
    return read_icmp(bytes + skip, len - skip, v4, ret_sighting);
}
