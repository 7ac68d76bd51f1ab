/* Writing JSON (RFC 8259) into a buffer, field by field: no tree is built, so that a status of thousands of containers
 * takes little memory. */
#ifndef WW_CONTROL_WRITER_H
#define WW_CONTROL_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"

/* {.out = &buf}, and then one value: an object, with everything in it. */
struct ww_writer {
    struct ww_buf *out;
    bool filled; /* something stands before the next field or element: a comma is due */
};

/* key NULL: an element of an array, or the whole. */
void ww_write_open(struct ww_writer *j, const char *key, char bracket);      /* '{' or '[' */
void ww_write_close(struct ww_writer *j, char bracket);                      /* '}' or ']' */
void ww_write_text(struct ww_writer *j, const char *key, const char *value); /* NULL: null */
void ww_write_number(struct ww_writer *j, const char *key, int64_t value);
void ww_write_bool(struct ww_writer *j, const char *key, bool value);
void ww_write_null(struct ww_writer *j, const char *key);
void ww_write_time(struct ww_writer *j, const char *key, int64_t ns); /* RFC 3339; 0: null */

#endif
