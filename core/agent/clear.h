#ifndef WW_AGENT_CLEAR_H
#define WW_AGENT_CLEAR_H

#include "core/base/error.h"

struct ww_agent;

/* Remove all that the program made, and what it remembers; then the loop must stop. The number of objects that were
 * removed, or -errno. */
int ww_agent_clear(struct ww_agent *a, struct ww_error *err);

#endif
