/* Which containers are audited: nothing of them is dropped, but what would be is counted and reported. */
#ifndef WW_AGENT_AUDIT_H
#define WW_AGENT_AUDIT_H

#include <stdbool.h>

#include "core/model/container.h"

struct ww_agent;

/* By its label, which must not be the image's; without one, by the option -audit. */
bool ww_audit_has(const struct ww_agent *a, const struct ww_container *c);
/* Its label is none that can be read: it is closed. */
bool ww_audit_is_bad(const struct ww_agent *a, const struct ww_container *c);
/* Is it managed, and not audited? */
bool ww_audit_enforces(const struct ww_agent *a, const struct ww_container *c);

#endif
