/* `whalewall show`: one container as it is enforced. */
#ifndef WW_AGENT_SHOW_H
#define WW_AGENT_SHOW_H

#include "core/base/error.h"
#include "core/control/show.h"

struct ww_agent;

/* Fill an empty one in. Valid until the loop turns. -EINVAL: none is named; -ENOENT: there is none such; -ENOMEM. */
int ww_agent_show(struct ww_agent *a, const char *container, struct ww_show *ret_show, struct ww_error *err);

#endif
