/* What of an answer only policies of the site may say. */
#ifndef WW_SANDBOX_ANSWER_SITE_H
#define WW_SANDBOX_ANSWER_SITE_H

#include "core/base/error.h"
#include "core/ir/compiled.h"
#include "core/model/facts.h"

/*
 * Refusals are about the container's own addresses, and take no longer than they may; whether it is managed is said
 * only where it is not as its label says; of one that is not managed nothing else is said. Facts of which policies read
 * nothing (reads is 0) are no policy's, and then nothing of it may be said. -EINVAL.
 */
int ww_answer_check_site(const struct ww_facts *facts, const struct ww_compiled *c, struct ww_error *err);

#endif
