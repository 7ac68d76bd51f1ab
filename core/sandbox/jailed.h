/*
 * The policy step (core/ir/policy.h) in workers. A worker reads one label: where another one comes next, another
 * worker is asked, so what a label does to its worker reaches no container but those that have the same label, which
 * would do the same to theirs. One worker is kept ready.
 */
#ifndef WW_SANDBOX_JAILED_H
#define WW_SANDBOX_JAILED_H

#include "core/base/error.h"
#include "core/ir/policy.h"
#include "core/sandbox/jail.h"
#include "core/sandbox/loader.h"
#include "core/sandbox/worker.h"
#include "core/sandbox/zygote.h"

/*
 * Fork the zygote whose workers do that; with worker->site, the one whose loaders fork them (loader.h). Call it before
 * anything is opened, and before there are threads. *worker must outlive it.
 */
int ww_jailed_start(struct ww_worker *worker, struct ww_zygote **ret_zygote, struct ww_error *err);

/*
 * The policy behind it; takes the zygote over (also on failure), whose ops->free frees it. *ret_report is what the
 * first worker's jail is made of. -errno when it could not be made.
 */
int ww_jailed_new(struct ww_zygote *zygote, struct ww_policy *ret_policy, struct ww_jail_report *ret_report,
                  struct ww_error *err);

/*
 * The same by a site's policies, which this loader has loaded, and which it takes over, also on failure. Each container
 * has a worker of its own. version: of what they are made of, said by the process that read the files, for a loader
 * that was taken over might say another loader's. The loader's zygote must outlive it.
 */
int ww_jailed_new_site(struct ww_loader *loader, const char *version, struct ww_policy *ret_policy,
                       struct ww_error *err);

#endif
