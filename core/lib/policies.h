/* The policies of a site, from the words that name them to a policy step in a jail. */
#ifndef WW_LIB_POLICIES_H
#define WW_LIB_POLICIES_H

#include "core/base/error.h"
#include "core/ir/policy.h"
#include "core/lib/words.h"
#include "core/sandbox/jail.h"
#include "core/sandbox/zygote.h"

/*
 * In workers of a loader that this zygote forks (core/sandbox/loader.h). The files are read here, as bytes; what is in
 * them is read there. *ret_report: what its jail is made of. ret_read (may be NULL): their paths, which are the
 * caller's.
 */
int ww_policies_open_jailed(const struct ww_policy_words *words, struct ww_zygote *zygote, struct ww_policy *ret_policy,
                            struct ww_jail_report *ret_report, struct ww_names *ret_read, struct ww_error *err);

/* The loader's side: struct ww_worker_site's `load`. */
int ww_policies_load(void *arg, const char *bytes, size_t n, struct ww_policy *ret_policy, struct ww_names *ret_wanted,
                     struct ww_error *err);

#endif
