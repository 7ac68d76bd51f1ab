/*
 * SCTP by raw sockets, so that it needs nothing of the kernel: a question is an INIT, and its answer an INIT ACK with
 * the server's words as the cookie (RFC 9260). The association goes no further. The kernel does not answer for itself
 * where a raw socket takes the protocol.
 */
#include "probe.h"

#include <arpa/inet.h>
#include <string.h>

#define HEADER 12 /* ports, verification tag, checksum */
#define INIT_BYTES 20
#define COOKIE_AT (HEADER + INIT_BYTES)
#define PARAMETER 4 /* type and length */
#define KIND_INIT 1
#define KIND_INIT_ACK 2
#define PARAMETER_COOKIE 7

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static unsigned get16(const unsigned char *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* The Castagnoli polynomial, reflected, over all with the field as 0; the low byte comes first (appendix A). */
static void put_checksum(unsigned char *packet, size_t len)
{
    uint32_t crc = UINT32_MAX;
    memset(packet + 8, 0, 4);
    for (size_t i = 0; i < len; i++) {
        crc ^= packet[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
        }
    }
    for (int i = 0; i < 4; i++) {
        packet[8 + i] = (unsigned char)(~crc >> 8 * i);
    }
}

static void put_init(unsigned char *packet, unsigned kind, size_t len, uint32_t tag)
{
    packet[HEADER] = (unsigned char)kind;
    put16(packet + HEADER + 2, (unsigned)len);
    put32(packet + HEADER + 4, tag);
    put32(packet + HEADER + 8, 65535);         /* window */
    put32(packet + HEADER + 12, 1U << 16 | 1); /* streams */
    put32(packet + HEADER + 16, 1);            /* first number */
}

int sctp_socket(int family)
{
    static const int on = 1;
    int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_SCTP);
    if (family == AF_INET) {
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
    } else {
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
    }
    return fd;
}

bool sctp_ask(int fd, const struct sctp_ends *ends)
{
    unsigned char packet[HEADER + INIT_BYTES] = {0};
    put16(packet, ends->sport);
    put16(packet + 2, ends->dport);
    put_init(packet, KIND_INIT, INIT_BYTES, ends->tag);
    put_checksum(packet, sizeof(packet));
    return send(fd, packet, sizeof(packet), 0) == (ssize_t)sizeof(packet);
}

/* Where the common header begins in what a raw socket gives: IPv4's has the network's before it. NULL: no INIT, no ACK.
 */
static const unsigned char *find_init(const unsigned char *data, size_t len, int family)
{
    size_t at = family == AF_INET && len ? (data[0] & 0x0fU) * 4U : 0;
    return len >= at + HEADER + INIT_BYTES ? data + at : NULL;
}

bool sctp_asked(const unsigned char *data, size_t len, int family, struct sctp_ends *ret_ends)
{
    const unsigned char *p = find_init(data, len, family);
    if (!p || p[HEADER] != KIND_INIT) {
        return false;
    }
    *ret_ends =
        (struct sctp_ends){.sport = (uint16_t)get16(p), .dport = (uint16_t)get16(p + 2), .tag = get32(p + HEADER + 4)};
    return true;
}

size_t sctp_answer(const struct sctp_ends *asked, const char *text, unsigned char packet[static SCTP_ANSWER_BYTES])
{
    size_t words = (strlen(text) + 4) & ~(size_t)3; /* with its end, and padding */
    size_t chunk = INIT_BYTES + PARAMETER + words;
    if (HEADER + chunk > SCTP_ANSWER_BYTES) {
        return 0;
    }
    memset(packet, 0, HEADER + chunk);
    put16(packet, asked->dport);
    put16(packet + 2, asked->sport);
    put32(packet + 4, asked->tag);
    put_init(packet, KIND_INIT_ACK, chunk, 1);
    put16(packet + COOKIE_AT, PARAMETER_COOKIE);
    put16(packet + COOKIE_AT + 2, (unsigned)(PARAMETER + words));
    memcpy(packet + COOKIE_AT + PARAMETER, text, strlen(text));
    put_checksum(packet, HEADER + chunk);
    return HEADER + chunk;
}

const char *sctp_answered(const unsigned char *data, size_t len, int family, const struct sctp_ends *ends)
{
    const unsigned char *p = find_init(data, len, family);
    const char *text = p ? (const char *)p + COOKIE_AT + PARAMETER : NULL;
    const char *end = (const char *)data + len;
    if (!p || p[HEADER] != KIND_INIT_ACK || get16(p + 2) != ends->sport || get16(p) != ends->dport ||
        get32(p + 4) != ends->tag) {
        return NULL;
    }
    return text < end && memchr(text, '\0', (size_t)(end - text)) ? text : NULL;
}
