/* What reads the labels: the policy in Lua, in workers that can do nothing else, or here. */
#ifndef WW_LIB_READER_H
#define WW_LIB_READER_H

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/ir/policy.h"
#include "core/lib/policies.h"
#include "core/lib/whalewall.h"
#include "core/sandbox/worker.h"
#include "core/sandbox/zygote.h"

struct whalewall_jail {
    struct ww_worker worker;
    struct ww_zygote *zygote; /* NULL: it is the policy's */
    bool policies;            /* those of a site can be loaded in it */
};

struct ww_reader {
    struct ww_policy_words words;
    struct whalewall_jail *jail; /* NULL: labels are read here */
    struct ww_names read;        /* files of policies, when it is open */
};

/*
 * The policy, whose ops->free frees it. The log says how labels are read. The reader, and what its words and its jail
 * are, must outlive it.
 */
int ww_reader_open(struct ww_reader *reader, struct ww_log *log, struct ww_policy *ret_policy, struct ww_error *err);

/* The site's policies once more, as the files are now; reader: a struct ww_reader that was opened. */
int ww_reader_load_policies(const void *reader, struct ww_policy *ret_policy, struct ww_error *err);

/* When no policy is left. The jail is freed. */
void ww_reader_done(struct ww_reader *reader);

#endif
