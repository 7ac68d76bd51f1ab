/* A world of a few containers, and a policy that a test can read at a glance. */
#ifndef WW_SPEC_HELPER_AGENT_H
#define WW_SPEC_HELPER_AGENT_H

#include "core/agent/agent_internal.h"

/*
 * `opens <id>` is one consent at that container, `jumps <chain>` an output rule that jumps to this chain, `faulty` a
 * fault, `unread…` one of the reader as often as the int at `self` says, `gone` the end of all readers, anything else
 * no rule.
 */
extern const struct ww_policy_ops helper_policy;

/* A container with that id as its name, too. mode: its network mode. rules NULL: it is not managed. */
void helper_put(struct ww_agent *a, const char *id, const char *mode, const char *rules);

/* A bridge network with these containers (NULL at the end) on it, at 198.51.100.<first letter's code>. */
void helper_attach(struct ww_agent *a, const char *const *ids);
/* Another one with one container on it. */
void helper_attach_at(struct ww_agent *a, const char *net, const char *id, const char *ipv4);
/* What the reconciler does before it commits: derive what is dirty, assemble what is pending. */
void helper_settle(struct ww_agent *a);

#endif
