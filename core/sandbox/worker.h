/* A worker: the policy in a process of its own that can do nothing but think. */
#ifndef WW_SANDBOX_WORKER_H
#define WW_SANDBOX_WORKER_H

#include "core/base/error.h"
#include "core/ir/policy.h"
#include "core/sandbox/filter.h"

/* How the policy is made; in the zygote, so that workers share what it has loaded. */
struct ww_worker_policy {
    int (*make)(void *arg, struct ww_policy *ret_policy, struct ww_error *err);
    void *arg;
};

/* A zygote's job (zygote.h), with a pointer to one of these. */
struct ww_worker {
    struct ww_worker_policy how;
    struct ww_policy policy;
    struct ww_filter filter;
    int parent; /* the zygote's pid */
};

int ww_worker_prepare(void *worker, struct ww_error *err);

/* Go to jail, say so, and answer until the agent's end is closed. */
void ww_worker_serve(void *worker);

#endif
