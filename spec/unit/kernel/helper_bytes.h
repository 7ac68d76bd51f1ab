/* Packets that are made byte by byte. */
#ifndef WW_SPEC_HELPER_BYTES_H
#define WW_SPEC_HELPER_BYTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <string.h>

#include "core/model/addr.h"

#define ROOM 2048

struct bytes {
    uint8_t v[ROOM];
    size_t n;
};

static inline void put(struct bytes *b, const void *data, size_t n)
{
    assert_true(b->n + n <= ROOM);
    memcpy(b->v + b->n, data, n);
    b->n += n;
}

static inline void put8(struct bytes *b, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    put(b, &byte, 1);
}

static inline void put16(struct bytes *b, unsigned value)
{
    uint16_t net = htons((uint16_t)value);
    put(b, &net, sizeof(net));
}

static inline void put_zeros(struct bytes *b, size_t n)
{
    while (n--)
        put8(b, 0);
}

static inline void put_mac(struct bytes *b, const char *text)
{
    struct ww_mac mac;
    assert_int_equal(ww_mac_parse(text, &mac, NULL), 0);
    put(b, mac.bytes, sizeof(mac.bytes));
}

/* The Internet checksum (RFC 1071): sums add up, and the whole one is folded into the two bytes of the field. */
static inline uint32_t sum(const void *data, size_t n)
{
    const uint8_t *bytes = data;
    uint32_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += i % 2 ? bytes[i] : (uint32_t)(bytes[i] << 8);
    return total;
}

static inline uint16_t fold(uint32_t total)
{
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return htons((uint16_t)~total);
}

static inline void set_checksum(struct bytes *b, size_t at, uint32_t total)
{
    uint16_t net = fold(total);
    memcpy(b->v + at, &net, sizeof(net));
}

#endif
