#include "core/sandbox/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define NO_TEXT UINT32_MAX

/* The next n bytes of what is read; NULL, and bad from then on, where there are not so many. */
static const char *next(struct ww_wire *w, size_t n)
{
    if (w->bad || (size_t)(w->end - w->at) < n) {
        w->bad = true;
        return NULL;
    }
    const char *at = w->at;
    w->at += n;
    return at;
}

void ww_wire_bytes(struct ww_wire *w, void *bytes, size_t n)
{
    if (w->out) {
        ww_buf_add(w->out, bytes, n);
        return;
    }
    const char *from = next(w, n);
    if (from)
        memcpy(bytes, from, n);
    else
        memset(bytes, 0, n);
}

void ww_wire_u16(struct ww_wire *w, uint16_t *number)
{
    ww_wire_bytes(w, number, sizeof(*number));
}

void ww_wire_flag(struct ww_wire *w, bool *flag)
{
    uint8_t byte = w->out && *flag;
    ww_wire_bytes(w, &byte, 1);
    w->bad = w->bad || byte > 1;
    *flag = byte == 1;
}

void ww_wire_addr(struct ww_wire *w, struct ww_addr *addr)
{
    ww_wire_bytes(w, &addr->family, sizeof(addr->family));
    ww_wire_bytes(w, addr->bytes, sizeof(addr->bytes));
    if (addr->family == 0 || addr->family == AF_INET || addr->family == AF_INET6)
        return;
    w->bad = true;
    *addr = (struct ww_addr){0};
}

static void write_text(struct ww_wire *w, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    uint32_t n = text && len < NO_TEXT ? (uint32_t)len : NO_TEXT;
    ww_buf_add(w->out, &n, sizeof(n));
    if (n != NO_TEXT)
        ww_buf_add(w->out, text, len + 1);
}

void ww_wire_text(struct ww_wire *w, const char **text)
{
    if (w->out) {
        write_text(w, *text);
        return;
    }
    uint32_t n;
    *text = NULL;
    ww_wire_bytes(w, &n, sizeof(n));
    if (w->bad || n == NO_TEXT)
        return;
    const char *from = next(w, (size_t)n + 1);
    if (from && strnlen(from, (size_t)n + 1) == n)
        *text = from;
    else
        w->bad = true;
}

size_t ww_wire_list(struct ww_wire *w, size_t n, size_t least, size_t size, void **ret_items)
{
    uint32_t count = (uint32_t)n;
    *ret_items = NULL;
    ww_wire_bytes(w, &count, sizeof(count));
    if (w->out)
        return n;
    if (w->bad || count == 0)
        return 0;
    if (count > (size_t)(w->end - w->at) / least) {
        w->bad = true;
        return 0;
    }
    *ret_items = calloc(count, size);
    w->short_of_memory = w->short_of_memory || !*ret_items;
    w->bad = w->bad || !*ret_items;
    return *ret_items ? count : 0;
}

void *ww_wire_keep(struct ww_wire *w, const void *item, size_t size)
{
    void *kept = malloc(size);
    if (kept)
        memcpy(kept, item, size);
    w->short_of_memory = w->short_of_memory || !kept;
    w->bad = w->bad || !kept;
    return kept;
}

int ww_wire_end(const struct ww_wire *w)
{
    if (w->short_of_memory)
        return -ENOMEM;
    return w->bad || w->at != w->end ? -EINVAL : 0;
}
