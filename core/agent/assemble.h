#ifndef WW_AGENT_ASSEMBLE_H
#define WW_AGENT_ASSEMBLE_H

#include "core/base/error.h"

struct ww_agent;

/* Compiled rules → the sealed ruleset of one container in the desired plan. */
int ww_assemble(struct ww_agent *a, const char *head, struct ww_error *err);

#endif
