#ifndef WW_AGENT_DERIVE_H
#define WW_AGENT_DERIVE_H

#include "core/base/error.h"

struct ww_agent;

/* World → facts → policy → compiled rules of one container; marks the rulesets that depend on it pending. */
int ww_derive(struct ww_agent *a, const char *id, struct ww_error *err);

#endif
