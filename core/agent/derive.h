#ifndef WW_AGENT_DERIVE_H
#define WW_AGENT_DERIVE_H

#include "core/base/error.h"

struct ww_agent;
struct ww_container;

/* World → facts → policy → compiled rules of one container; marks the rulesets that depend on it pending. */
int ww_derive(struct ww_agent *a, const char *id, struct ww_error *err);

/*
 * Have the site's policies judge this container, for the cache alone. That a policy fails, or denies it, is an answer,
 * too. -errno: there is no answer, for want of memory or of a worker.
 */
int ww_derive_try(struct ww_agent *a, const struct ww_container *c, struct ww_error *err);

#endif
