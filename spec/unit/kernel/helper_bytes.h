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

#endif
