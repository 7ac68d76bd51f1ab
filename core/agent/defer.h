#ifndef WW_AGENT_DEFER_H
#define WW_AGENT_DEFER_H

#include "core/base/error.h"

struct ww_agent;
struct ww_refusal;
struct ww_step;

/*
 * Leave of the step only what closes, where it would open an address to the container that it passes to before the
 * flows of its former holder are gone; note the containers in `deferred`. -ENOMEM.
 */
int ww_defer(struct ww_agent *a, struct ww_step *step, struct ww_error *err);
/* Where all is compared: apply all but what is deferred. As ww_kernel_apply_all(). */
int ww_defer_apply_all(struct ww_agent *a, struct ww_step *step, struct ww_refusal *refusal, struct ww_error *err);

#endif
