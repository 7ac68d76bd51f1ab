/* What would allow a refused flow, as a line for a label. Private to explain*.c. */
#ifndef WW_AGENT_EXPLAIN_HINT_H
#define WW_AGENT_EXPLAIN_HINT_H

#include "core/agent/explain_end.h"
#include "core/base/buf.h"
#include "core/ir/flow.h"
#include "core/model/protocol.h"

/* The refusal of one side. */
struct ww_hint_about {
    const struct ww_end *from;
    const struct ww_end *to;
    const struct ww_protocol *protocol;
    const struct ww_flow *flow;
    const char *network;              /* on which both ends are; NULL: none */
    const struct ww_ruleset *refuser; /* whose rules refuse it */
    bool sender;                      /* as the sender */
    bool sender_managed;
};

/* Nothing is written where no rule would. */
void ww_hint_write(const struct ww_hint_about *r, struct ww_buf *out);

#endif
