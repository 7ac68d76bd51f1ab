/* The words of the text form: how strings, names and protocols are written. scan.h reads them. */
#ifndef WW_IR_WORDS_H
#define WW_IR_WORDS_H

#include <stdint.h>

#include "core/base/buf.h"

/* Append `text` in double quotes, with \" \\ \n, and \xNN for every other byte that is not printable ASCII. */
void ww_quoted_write(const char *text, struct ww_buf *out);

/* Append as it is if it is of letters, digits, '_', '.' and '-' only, else quoted. */
void ww_word_write(const char *text, struct ww_buf *out);

/* Append the name of core/model/protocol.h, or the number. */
void ww_proto_write(uint8_t proto, struct ww_buf *out);

#endif
