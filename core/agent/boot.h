#ifndef WW_AGENT_BOOT_H
#define WW_AGENT_BOOT_H

#include "core/base/error.h"

struct ww_agent;

/* Put the last known rules in force, where the kernel has none. What cannot be had now is closed. */
int ww_boot(struct ww_agent *a, struct ww_error *err);

#endif
