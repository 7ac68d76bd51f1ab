/* What reads the labels: the policy in Lua, in workers that can do nothing else, or here. */
#ifndef WW_MAIN_READER_H
#define WW_MAIN_READER_H

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/cli/options.h"
#include "core/ir/policy.h"
#include "core/sandbox/worker.h"
#include "core/sandbox/zygote.h"

struct ww_reader {
    const struct ww_options *options;
    struct ww_worker worker;
    struct ww_zygote *zygote; /* NULL: it is to be done here, could not be had, or is the policy's */
    struct ww_error failure;  /* why it could not */
    struct ww_names read;     /* files of policies, when it is open */
    uint32_t system_calls;    /* that are left to the program when it is open; 0: all */
};

/* Before anything is opened: the workers' zygote inherits what there is. What fails is told by ww_reader_open. */
void ww_reader_fork(struct ww_reader *reader, const struct ww_options *options);

/*
 * The policy, whose ops->free frees it. The log says how labels are read. *reader must outlive it. The program gives up
 * what it does not need itself, so there must be no threads yet.
 */
int ww_reader_open(struct ww_reader *reader, struct ww_log *log, struct ww_policy *ret_policy, struct ww_error *err);

/* The site's policies once more, as the files are now; reader: a struct ww_reader that was opened. */
int ww_reader_load_policies(const void *reader, struct ww_policy *ret_policy, struct ww_error *err);

/* When no policy is left. */
void ww_reader_done(struct ww_reader *reader);

#endif
