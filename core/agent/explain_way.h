/* One way of a flow, judged by what is in force: the guard, the sender's rules, the receiver's. Private to explain*.c.
 */
#ifndef WW_AGENT_EXPLAIN_WAY_H
#define WW_AGENT_EXPLAIN_WAY_H

#include "core/agent/explain_end.h"
#include "core/control/explain.h"
#include "core/ir/flow.h"

struct ww_agent;

/* Whose flow it is, for what would allow it. */
struct ww_asked {
    const struct ww_end *from;
    const struct ww_end *to;
    const struct ww_protocol *protocol;
    uint16_t port;
};

/* Judge the flow, and append its steps. The verdict of the way gets worse, or stays. -ENOMEM. */
int ww_way_judge(const struct ww_agent *a, const struct ww_asked *asked, const struct ww_flow *flow,
                 struct ww_explain_way *way);

#endif
