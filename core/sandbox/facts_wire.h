/* The facts of one container as bytes, from the agent to a worker. */
#ifndef WW_SANDBOX_FACTS_WIRE_H
#define WW_SANDBOX_FACTS_WIRE_H

#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/model/facts.h"

/* Append them. */
void ww_facts_encode(const struct ww_facts *facts, struct ww_buf *out);

/*
 * Read what ww_facts_encode wrote, all of it. Strings are borrowed from `bytes`; the rest is the caller's, to
 * ww_facts_decoded_done. -EINVAL, -ENOMEM.
 */
int ww_facts_decode(const char *bytes, size_t n, struct ww_facts *ret_facts, struct ww_error *err);
void ww_facts_decoded_done(struct ww_facts *facts);

#endif
