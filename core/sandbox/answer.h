/*
 * What a worker answers, as bytes: written by a worker, and read by the agent as if an enemy had written it. A worker
 * that was taken over may say anything; what it can still do is to write rules for the one container that it was asked
 * about.
 */
#ifndef WW_SANDBOX_ANSWER_H
#define WW_SANDBOX_ANSWER_H

#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/ir/compiled.h"
#include "core/ir/policy.h"
#include "core/model/facts.h"

/* The names that a label mentions. Read: sorted, without doubles, as the policy promises. -EINVAL, -ENOMEM. */
void ww_answer_names_write(const struct ww_names *names, struct ww_buf *out);
int ww_answer_names_read(const char *bytes, size_t n, struct ww_names *ret_names, struct ww_error *err);

/*
 * Rules of the container that the facts are about. Read: their text is what ww_compiled_write writes; own addresses are
 * those of the container; what it opens elsewhere is at targets of the facts, at their addresses, and for its own.
 * Where policies of the site read facts (reads is not 0), they may refuse, and manage: see answer_site.h.
 * -EINVAL says what is not so. -ENOMEM.
 */
int ww_answer_compiled_read(const char *bytes, size_t n, const struct ww_facts *facts, struct ww_compiled *ret_compiled,
                            struct ww_error *err);

/* A refusal of the policy: its code (-EINVAL, -E2BIG; -ENOMEM) and its text. Read: returns the code, with the text in
 * *err; -EBADMSG when it is no refusal. */
void ww_answer_refusal_write(const struct ww_error *refusal, struct ww_buf *out);
int ww_answer_refusal_read(const char *bytes, size_t n, struct ww_error *err);

#endif
