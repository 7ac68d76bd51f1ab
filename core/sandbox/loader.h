/*
 * A process that has loaded a site's policies (loader_serve.h), from the program's side. What is in the policies is
 * read there only: here they are bytes.
 */
#ifndef WW_SANDBOX_LOADER_H
#define WW_SANDBOX_LOADER_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/ir/policy.h"
#include "core/sandbox/jail.h"
#include "core/sandbox/zygote.h"

struct ww_loader;

/* Have one forked, which has loaded nothing yet. The zygote, whose job is ww_loader_serve, stays the caller's. -errno.
 */
int ww_loader_new(struct ww_zygote *zygote, struct ww_loader **ret_loader, struct ww_jail_report *ret_report,
                  struct ww_error *err);
void ww_loader_free(struct ww_loader *loader); /* it and its workers have ended then, or are about to */

/*
 * Load these, whose bytes are taken over, also on failure. *ret_wanted (not empty): nothing is loaded, and the files of
 * these names must be among the bytes first. -EINVAL says what is wrong with them; else they could not be loaded:
 * -ECHILD (it died of them, was silent, or answers nonsense), -EAGAIN, -E2BIG, ….
 */
int ww_loader_load_policies(struct ww_loader *loader, struct ww_buf *sources, struct ww_names *ret_wanted,
                            struct ww_error *err);

/* When it has loaded: enum ww_reads; the policies' groups, which the next load (or ww_loader_fork) may replace. */
unsigned ww_loader_reads(const struct ww_loader *loader);
const struct ww_groups *ww_loader_groups(const struct ww_loader *loader);

/*
 * Have a worker forked. Returns before it is there: *ret_fd, the caller's, is the other end of its socket, and does not
 * block; when it is closed the worker ends. A loader that has died is made and loaded anew. -EAGAIN: it cannot be had
 * now; -EPIPE: the zygote is gone.
 */
int ww_loader_fork(struct ww_loader *loader, int *ret_fd, struct ww_error *err);

#endif
