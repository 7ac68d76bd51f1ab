/* What the rules of one container lack, by what was seen of it. */
#ifndef WW_AGENT_SUGGEST_H
#define WW_AGENT_SUGGEST_H

#include "core/base/error.h"
#include "core/control/suggest.h"

struct ww_agent;

/* container: as in ww_end_find. -EINVAL, -ENOENT, -ENOMEM. */
int ww_agent_suggest(struct ww_agent *a, const char *container, struct ww_suggestion *ret_suggestion,
                     struct ww_error *err);

#endif
