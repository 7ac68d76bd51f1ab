/* What a set answers when it has loaded a site's policies: what they read, and their groups of addresses. */
#ifndef WW_SANDBOX_ANSWER_GROUPS_H
#define WW_SANDBOX_ANSWER_GROUPS_H

#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/ir/groups.h"

/* groups NULL: none. */
void ww_answer_loaded_write(unsigned reads, const struct ww_groups *groups, struct ww_buf *out);

/*
 * Read as if an enemy had written it. Groups are no more than ww_groups_check takes: what is said of them decides what
 * is suggested, and nothing that is in force. -EINVAL, -ENOMEM.
 */
int ww_answer_loaded_read(const char *bytes, size_t n, unsigned *ret_reads, struct ww_groups *ret_groups,
                          struct ww_error *err);

#endif
