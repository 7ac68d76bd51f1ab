/*
 * Values as bytes, for messages between processes of this program on this machine. Each function writes the value, or
 * reads it, as the wire goes: so what is said of a struct's fields is said once, for both ways.
 */
#ifndef WW_SANDBOX_WIRE_H
#define WW_SANDBOX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/model/addr.h"

/* out: it writes there; NULL: it reads from `at` to `end`. What cannot be read leaves an empty value, and `bad`. */
struct ww_wire {
    struct ww_buf *out;
    const char *at;
    const char *end;
    bool bad; /* what was read is not what a wire writes */
    bool short_of_memory;
};

void ww_wire_bytes(struct ww_wire *w, void *bytes, size_t n);
void ww_wire_u16(struct ww_wire *w, uint16_t *number);
void ww_wire_flag(struct ww_wire *w, bool *flag);
void ww_wire_addr(struct ww_wire *w, struct ww_addr *addr);

/* A string or NULL. What is read is borrowed from the bytes that it is read from. */
void ww_wire_text(struct ww_wire *w, const char **text);

/*
 * How many items of `size` bytes a list has. Reading: the number, and *ret_items has room for so many (all zero, the
 * caller frees it); 0 when they cannot be there, for an item takes at least `least` bytes.
 */
size_t ww_wire_list(struct ww_wire *w, size_t n, size_t least, size_t size, void **ret_items);

/* Reading: a copy of what was read, on the heap; NULL, and bad from then on, where there is no memory. */
void *ww_wire_keep(struct ww_wire *w, const void *item, size_t size);

/* Reading: all is read, and all was good. 0, -EINVAL or -ENOMEM. */
int ww_wire_end(const struct ww_wire *w);

#endif
