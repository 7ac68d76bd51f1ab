/* What is in force, for `whalewall plan` with a running program. */
#ifndef WW_AGENT_ENFORCED_H
#define WW_AGENT_ENFORCED_H

#include "core/base/error.h"
#include "core/control/enforced.h"

struct ww_agent;

/*
 * Fill an empty answer in with the containers whose ids come after this one (NULL: from the first on, and with the
 * networks), as many as do not keep the loop. Valid until the loop turns. -EAGAIN: the engine has not told its
 * containers yet; -ENOMEM.
 */
int ww_agent_enforced(const struct ww_agent *a, const char *after, struct ww_enforced *ret_enforced,
                      struct ww_error *err);

#endif
