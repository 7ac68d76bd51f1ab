/* Text that other programs and people read: whatever it came from, it breaks neither JSON nor a terminal. */
#ifndef WW_BASE_TEXT_H
#define WW_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

/* Append the first `max` bytes (0: all) as a JSON string (RFC 8259), quotes included. What is not UTF-8 becomes U+FFFD,
 * control characters are escaped. */
void ww_text_json(struct ww_buf *out, const char *text, size_t max);

/* Append the first `max` bytes (0: all) without control characters (C0, DEL, C1), which would let a label write to the
 * operator's terminal: each becomes a space. */
void ww_text_plain(struct ww_buf *out, const char *text, size_t max);

/*
 * Append a name in printable ASCII, in at most `max` bytes, so that nothing in it looks like something else: any other
 * character is written by its number, <U+00A0>, and a byte that is not UTF-8 as <0xFF>; "..." stands for what is cut.
 */
void ww_text_name(struct ww_buf *out, const char *text, size_t max);

/* Append nanoseconds since 1970 as RFC 3339, to the nanosecond, in UTC. */
void ww_text_time(struct ww_buf *out, int64_t ns);

#endif
