/*
 * A process that has loaded a site's policies (set_serve.h), from the program's side. What is in the policies is read
 * there only: here they are bytes.
 */
#ifndef WW_SANDBOX_SET_H
#define WW_SANDBOX_SET_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/ir/policy.h"
#include "core/sandbox/jail.h"
#include "core/sandbox/zygote.h"

struct ww_set;

/* Have one forked, which has loaded nothing yet. The zygote, whose job is ww_set_serve, stays the caller's. -errno. */
int ww_set_new(struct ww_zygote *zygote, struct ww_set **ret_set, struct ww_jail_report *ret_report,
               struct ww_error *err);
void ww_set_free(struct ww_set *set); /* it and its workers have ended then, or are about to */

/*
 * Load these, whose bytes are taken over, also on failure. *ret_wanted (not empty): nothing is loaded, and the files of
 * these names must be among the bytes first. -EINVAL says what is wrong with them; else they could not be loaded:
 * -ECHILD (it died of them, was silent, or answers nonsense), -EAGAIN, -E2BIG, ….
 */
int ww_set_load(struct ww_set *set, struct ww_buf *sources, struct ww_names *ret_wanted, struct ww_error *err);

/* When it has loaded: enum ww_reads; the policies' groups, which the next load (or ww_set_fork) may replace. */
unsigned ww_set_reads(const struct ww_set *set);
const struct ww_groups *ww_set_groups(const struct ww_set *set);

/*
 * Have a worker forked. Returns before it is there: *ret_fd, the caller's, is the other end of its socket, and does not
 * block; when it is closed the worker ends. A set that has died is made and loaded anew. -EAGAIN: it cannot be had now;
 * -EPIPE: the zygote is gone.
 */
int ww_set_fork(struct ww_set *set, int *ret_fd, struct ww_error *err);

#endif
