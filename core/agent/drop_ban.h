/* Which refusal of a site policy a dropped packet met. Private to drop*.c and
 * explain*.c. */
#ifndef WW_AGENT_DROP_BAN_H
#define WW_AGENT_DROP_BAN_H

#include "core/agent/drop_view.h"
#include "core/agent/managed_container.h"
#include "core/ir/ban.h"
#include "core/ir/flow.h"

/* Of a packet that the rules dropped, the ban that is about it; NULL: none is. Borrowed. Looks at all managed
 * containers. */
const struct ww_ban *ww_drop_ban(const struct ww_managed_containers *managed, const struct ww_drop_view *view,
                                 const struct ww_drop *drop);
/* The same of a flow that the ruleset refuses. */
const struct ww_ban *ww_drop_ban_of(const struct ww_managed_containers *managed, const struct ww_ruleset *rs,
                                    const struct ww_flow *flow);

#endif
