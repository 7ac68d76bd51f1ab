/* What of all protocols and ports may pass from one end to the other. Private to explain*.c. */
#ifndef WW_AGENT_EXPLAIN_ALL_H
#define WW_AGENT_EXPLAIN_ALL_H

#include "core/agent/explain_note.h"
#include "core/base/error.h"

/*
 * Fill in the ranges and the verdict: each part of the ports in which rules can differ is judged as a question of its
 * own. -EINVAL: rules name too many ports for the loop to go through; -ENOMEM, without a text.
 */
int ww_explain_all(struct ww_explaining *x, struct ww_error *err);

#endif
