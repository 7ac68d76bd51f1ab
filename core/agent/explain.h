/* `whalewall explain`: whether a flow may pass, and which rules say so. */
#ifndef WW_AGENT_EXPLAIN_H
#define WW_AGENT_EXPLAIN_H

#include "core/base/error.h"
#include "core/control/explain.h"

struct ww_agent;

/*
 * Fill an empty explanation in, from what is in force. Valid until the loop turns. -EINVAL: the question is not one;
 * -ENOENT: it is about nothing that is there; -ENOMEM.
 */
int ww_agent_explain(const struct ww_agent *a, const struct ww_explain_question *question,
                     struct ww_explanation *ret_explanation, struct ww_error *err);

#endif
