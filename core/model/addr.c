#include "core/model/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAPPED_BITS 96 /* an IPv4-mapped IPv6 address is ::ffff:0:0/96 and the IPv4 address (RFC 4291 2.5.5.2) */

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

unsigned ww_addr_size(const struct ww_addr *addr)
{
    if (addr->family == AF_INET)
        return 4;
    return addr->family == AF_INET6 ? 16 : 0;
}

/* As inet_pton(3), of either family. ret_mapped: it was written as an IPv4-mapped IPv6 address. */
static bool addr_read(const char *text, struct ww_addr *ret_addr, bool *ret_mapped)
{
    struct ww_addr addr = {0};
    uint8_t v6[16];
    *ret_mapped = false;
    if (inet_pton(AF_INET, text, addr.bytes) == 1) {
        addr.family = AF_INET;
    } else if (inet_pton(AF_INET6, text, v6) != 1) {
        return false;
    } else if (memcmp(v6, mapped_prefix, sizeof(mapped_prefix)) == 0) {
        *ret_mapped = true;
        addr.family = AF_INET;
        memcpy(addr.bytes, v6 + sizeof(mapped_prefix), 4);
    } else {
        addr.family = AF_INET6;
        memcpy(addr.bytes, v6, sizeof(v6));
    }
    *ret_addr = addr;
    return true;
}

/* addr_read of the first `len` bytes of `text`. */
static bool addr_read_part(const char *text, size_t len, struct ww_addr *ret_addr, bool *ret_mapped)
{
    char part[WW_ADDR_TEXT];
    if (len >= sizeof(part))
        return false;
    memcpy(part, text, len);
    part[len] = '\0';
    return addr_read(part, ret_addr, ret_mapped);
}

/* The part of `text` that an error quotes: what comes from outside may be 64 KiB. */
static int addr_refuse(const char *text, size_t len, struct ww_error *err)
{
    int shown = len > 80 ? 80 : (int)len;
    return ww_fail(err, -EINVAL, "'%.*s' is not an IPv4 or IPv6 address", shown, text);
}

int ww_addr_parse(const char *text, struct ww_addr *ret_addr, struct ww_error *err)
{
    bool mapped;
    if (!addr_read(text, ret_addr, &mapped))
        return addr_refuse(text, strlen(text), err);
    return 0;
}

int ww_addr_parse_cidr_host(const char *text, struct ww_addr *ret_addr, struct ww_error *err)
{
    size_t len = strcspn(text, "/");
    bool mapped;
    if (!*text)
        *ret_addr = (struct ww_addr){0};
    else if (!addr_read_part(text, len, ret_addr, &mapped))
        return addr_refuse(text, len, err);
    return 0;
}

/* Clear (or set) all bits after the first `len`. */
static void addr_fill(struct ww_addr *addr, unsigned len, bool ones)
{
    unsigned size = ww_addr_size(addr);
    for (unsigned i = 0; i < size; i++) {
        unsigned kept = len > i * 8 ? len - i * 8 : 0;
        uint8_t host = kept >= 8 ? 0 : (uint8_t)(0xffU >> kept);
        addr->bytes[i] = ones ? addr->bytes[i] | host : addr->bytes[i] & (uint8_t)~host;
    }
}

/* One to three digits. */
static int length_parse(const char *text, const char *digits, unsigned *ret_len, struct ww_error *err)
{
    size_t n = strspn(digits, "0123456789");
    if (n == 0 || n > 3 || digits[n])
        return ww_fail(err, -EINVAL, "'%.80s': the length after '/' is not a number", text);
    if (n > 1 && digits[0] == '0')
        return ww_fail(err, -EINVAL, "'%.80s': the length after '/' is written without leading zeros", text);
    unsigned len = 0;
    for (size_t i = 0; i < n; i++)
        len = len * 10 + (unsigned)(digits[i] - '0');
    *ret_len = len;
    return 0;
}

static int cidr_parse(const char *text, const char *slash, struct ww_addr_range *ret_range, struct ww_error *err)
{
    struct ww_addr addr;
    bool mapped;
    unsigned len = 0;
    if (!addr_read_part(text, (size_t)(slash - text), &addr, &mapped))
        return addr_refuse(text, (size_t)(slash - text), err);
    int rc = length_parse(text, slash + 1, &len, err);
    if (rc < 0)
        return rc;
    unsigned least = mapped ? MAPPED_BITS : 0;
    unsigned most = least + ww_addr_size(&addr) * 8;
    if (len < least || len > most)
        return ww_fail(err, -EINVAL, "'%.80s': the length after '/' must be %u to %u", text, least, most);
    ret_range->lo = addr;
    ret_range->hi = addr;
    addr_fill(&ret_range->lo, len - least, false);
    addr_fill(&ret_range->hi, len - least, true);
    return 0;
}

static int span_parse(const char *text, const char *dash, struct ww_addr_range *ret_range, struct ww_error *err)
{
    struct ww_addr_range range;
    bool mapped;
    if (!addr_read_part(text, (size_t)(dash - text), &range.lo, &mapped))
        return addr_refuse(text, (size_t)(dash - text), err);
    if (!addr_read(dash + 1, &range.hi, &mapped))
        return addr_refuse(dash + 1, strlen(dash + 1), err);
    if (range.lo.family != range.hi.family)
        return ww_fail(err, -EINVAL, "'%.100s': the range's ends are of two families", text);
    if (ww_addr_cmp(&range.lo, &range.hi) > 0)
        return ww_fail(err, -EINVAL, "'%.100s': the range's start is greater than its end", text);
    *ret_range = range;
    return 0;
}

int ww_addr_range_parse(const char *text, struct ww_addr_range *ret_range, struct ww_error *err)
{
    const char *slash = strchr(text, '/');
    const char *dash = strchr(text, '-');
    if (slash)
        return cidr_parse(text, slash, ret_range, err);
    if (dash)
        return span_parse(text, dash, ret_range, err);
    struct ww_addr addr;
    int rc = ww_addr_parse(text, &addr, err);
    if (rc == 0)
        *ret_range = (struct ww_addr_range){.lo = addr, .hi = addr};
    return rc;
}

static char *put_decimal(char *to, unsigned n)
{
    if (n >= 100)
        *to++ = (char)('0' + n / 100);
    if (n >= 10)
        *to++ = (char)('0' + n / 10 % 10);
    *to++ = (char)('0' + n % 10);
    return to;
}

static char *put_v4(char *to, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        if (i)
            *to++ = '.';
        to = put_decimal(to, bytes[i]);
    }
    return to;
}

/* A group of an IPv6 address, without leading zeros. */
static char *put_group(char *to, unsigned n)
{
    static const char digits[] = "0123456789abcdef";
    for (int shift = 12; shift >= 0; shift -= 4)
        if (shift == 0 || n >> shift)
            *to++ = digits[n >> shift & 15];
    return to;
}

/* The first of the longest runs of groups that are zero, of two at least: RFC 5952, section 4.2. */
static void longest_run(const uint8_t *bytes, int *ret_start, int *ret_len)
{
    *ret_start = -1;
    *ret_len = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && !bytes[2 * (i + n)] && !bytes[2 * (i + n) + 1])
            n++;
        if (n > *ret_len) {
            *ret_start = i;
            *ret_len = n;
        }
        i += n;
    }
}

static char *put_v6(char *to, const uint8_t *bytes)
{
    int start;
    int len;
    longest_run(bytes, &start, &len);
    for (int i = 0; i < 8; i++) {
        if (i == start) {
            *to++ = ':';
            *to++ = ':';
            i += len - 1;
            continue;
        }
        if (i && i != start + len)
            *to++ = ':';
        if (i == 6 && start == 0 && (len == 6 || (len == 5 && bytes[10] == 0xff && bytes[11] == 0xff)))
            return put_v4(to, bytes + 12); /* compatible and mapped addresses, as inet_ntop(3) has them */
        to = put_group(to, (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1]);
    }
    return to;
}

static char *put_addr(char *to, const struct ww_addr *addr)
{
    if (addr->family == AF_INET)
        return put_v4(to, addr->bytes);
    if (addr->family == AF_INET6)
        return put_v6(to, addr->bytes);
    *to++ = '-';
    return to;
}

/* What inet_ntop(3) says, without its printf: a start turns tens of thousands of addresses into text. */
const char *ww_addr_text(const struct ww_addr *addr, char buf[static WW_ADDR_TEXT])
{
    *put_addr(buf, addr) = '\0';
    return buf;
}

/* How many bits both ends have in common. */
static unsigned common_bits(const struct ww_addr_range *range)
{
    unsigned bits = ww_addr_size(&range->lo) * 8;
    unsigned len = 0;
    while (len < bits && range->lo.bytes[len / 8] == range->hi.bytes[len / 8])
        len += 8;
    while (len < bits && !((range->lo.bytes[len / 8] ^ range->hi.bytes[len / 8]) & (0x80U >> len % 8)))
        len++;
    return len;
}

/* The length of the prefix that the range is exactly, else -1. */
static int range_prefix(const struct ww_addr_range *range)
{
    unsigned len = common_bits(range);
    struct ww_addr lo = range->lo;
    struct ww_addr hi = range->lo;
    addr_fill(&lo, len, false);
    addr_fill(&hi, len, true);
    return ww_addr_cmp(&lo, &range->lo) == 0 && ww_addr_cmp(&hi, &range->hi) == 0 ? (int)len : -1;
}

const char *ww_addr_range_text(const struct ww_addr_range *range, char buf[static WW_RANGE_TEXT])
{
    char *end = put_addr(buf, &range->lo);
    if (!ww_addr_range_is_single(range)) {
        int prefix = range_prefix(range);
        *end++ = prefix >= 0 ? '/' : '-';
        end = prefix >= 0 ? put_decimal(end, (unsigned)prefix) : put_addr(end, &range->hi);
    }
    *end = '\0';
    return buf;
}

int ww_addr_cmp(const struct ww_addr *a, const struct ww_addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
    return (order > 0) - (order < 0);
}

int ww_addr_range_cmp(const struct ww_addr_range *a, const struct ww_addr_range *b)
{
    int order = ww_addr_cmp(&a->lo, &b->lo);
    return order ? order : ww_addr_cmp(&a->hi, &b->hi);
}

bool ww_addr_is_any(const struct ww_addr *addr)
{
    static const uint8_t zero[16];
    return addr->family && memcmp(addr->bytes, zero, sizeof(zero)) == 0;
}

bool ww_addr_is_link_local(const struct ww_addr *addr)
{
    return addr->family == AF_INET6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

bool ww_addr_is_loopback(const struct ww_addr *addr)
{
    static const uint8_t one[16] = {[15] = 1};
    if (addr->family == AF_INET)
        return addr->bytes[0] == 127;
    return addr->family == AF_INET6 && memcmp(addr->bytes, one, sizeof(one)) == 0;
}

bool ww_addr_range_is_single(const struct ww_addr_range *range)
{
    return ww_addr_cmp(&range->lo, &range->hi) == 0;
}

bool ww_addr_range_contains(const struct ww_addr_range *range, const struct ww_addr *addr)
{
    return ww_addr_cmp(&range->lo, addr) <= 0 && ww_addr_cmp(addr, &range->hi) <= 0;
}

bool ww_addr_range_overlaps(const struct ww_addr_range *a, const struct ww_addr_range *b)
{
    return ww_addr_cmp(&a->lo, &b->hi) <= 0 && ww_addr_cmp(&b->lo, &a->hi) <= 0;
}

static void step(struct ww_addr *addr)
{
    for (unsigned i = ww_addr_size(addr); i-- > 0 && ++addr->bytes[i] == 0;)
        ;
}

bool ww_addr_range_take(struct ww_addr_range *range, struct ww_addr *ret_net, unsigned *ret_len)
{
    struct ww_addr first, last;
    if (!range->lo.family)
        return false;
    for (unsigned len = common_bits(range);; len++) {
        first = last = range->lo;
        addr_fill(&first, len, false);
        addr_fill(&last, len, true);
        if (ww_addr_cmp(&first, &range->lo) != 0 || ww_addr_cmp(&last, &range->hi) > 0)
            continue;
        *ret_net = first;
        *ret_len = len;
        break;
    }
    if (ww_addr_cmp(&last, &range->hi) == 0)
        range->lo.family = 0;
    else {
        range->lo = last;
        step(&range->lo);
    }
    return true;
}
