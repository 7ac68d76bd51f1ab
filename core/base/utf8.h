/* UTF-8 (RFC 3629): what comes from outside is only said to be it. */
#ifndef WW_BASE_UTF8_H
#define WW_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The replacement character U+FFFD. */
#define WW_UTF8_REPLACEMENT "\xef\xbf\xbd"

/*
 * The length of the character that begins at text[0..len), 1 to 4, and in *ret_code (may be NULL) its number. 0: it is
 * not well-formed (or len is 0); *ret_code is then not written.
 */
size_t ww_utf8_next(const char *text, size_t len, uint32_t *ret_code);

/* Is it none to be shown: a control character (C0, DEL, C1), or one that breaks lines, turns the direction of the text
 * around it, or is not seen at all? */
bool ww_utf8_is_control(uint32_t code);

#endif
