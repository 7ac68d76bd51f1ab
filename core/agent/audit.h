/* Which containers are audited: nothing of them is dropped, but what would be is counted and reported. */
#ifndef WW_AGENT_AUDIT_H
#define WW_AGENT_AUDIT_H

#include <stdbool.h>

#include "core/model/container.h"

struct ww_agent;

/* Which labels are obeyed that have a container audited. AUTO: all, but where the site has policies, which would not
 * hold for it then. */
enum ww_audit_labels { WW_AUDIT_LABELS_AUTO, WW_AUDIT_LABELS_ON, WW_AUDIT_LABELS_OFF };

/* By its label, which must not be the image's, where that is obeyed; without one, by the option -audit. */
bool ww_audit_has(const struct ww_agent *a, const struct ww_container *c);
/* Its label is none that can be read: it is closed. */
bool ww_audit_is_bad(const struct ww_agent *a, const struct ww_container *c);
/* Why its label, which would have it audited, is not obeyed; NULL: it is, or there is none. */
const char *ww_audit_ignored(const struct ww_agent *a, const struct ww_container *c);
/* Is it managed, and not audited? */
bool ww_audit_enforces(const struct ww_agent *a, const struct ww_container *c);

#endif
