/* What is wrong with a worker, or with its answer, in words. */
#ifndef WW_SANDBOX_JAILED_ERROR_H
#define WW_SANDBOX_JAILED_ERROR_H

#include "core/base/buf.h"
#include "core/base/error.h"

/* A worker that could be asked did not answer as it should: rc says how (ww_frame_receive). -ECHILD, or rc. */
int ww_jailed_explain(int rc, struct ww_error *err);

/* Read a refusal. One that the policy may say is the caller's; that there is no memory in a jail is the label's doing.
 */
int ww_jailed_refusal(const struct ww_buf *answer, struct ww_error *err);

#endif
