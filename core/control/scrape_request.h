/* Requests for metrics over TCP: of HTTP no more than these take. */
#ifndef WW_CONTROL_SCRAPE_REQUEST_H
#define WW_CONTROL_SCRAPE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"

/*
 * What the bytes that have come so far ask for, as the status of the answer: 200 for `GET /metrics`; 400, 404, 405,
 * 505, or 431 when they are WW_LIMIT_SCRAPE_BYTES without an end. 0: more is to come. *ret_head: only the head is
 * wanted.
 */
unsigned ww_scrape_read(const char *bytes, size_t n, bool *ret_head);

/* Append the answer of that status. body: of 200. */
void ww_scrape_answer(unsigned status, bool head, const struct ww_buf *body, struct ww_buf *out);

#endif
