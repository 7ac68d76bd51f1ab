/* A worker: the policy in a process of its own that can do nothing but think. */
#ifndef WW_SANDBOX_WORKER_H
#define WW_SANDBOX_WORKER_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/ir/policy.h"
#include "core/sandbox/filter.h"
#include "core/sandbox/frame.h"
#include "core/sandbox/jail.h"

/* How the policy is made; in the zygote, so that workers share what it has loaded. */
struct ww_worker_policy {
    int (*make)(void *arg, struct ww_policy *ret_policy, struct ww_error *err);
    void *arg;
};

/*
 * How a site's policies are loaded, from bytes that the program sends: in a jail, see loader.h. *ret_wanted (not
 * empty): the names of files that must be among the bytes, and no policy is made. -EINVAL: they are faulty.
 */
struct ww_worker_site {
    int (*load)(void *arg, const char *bytes, size_t n, struct ww_policy *ret_policy, struct ww_names *ret_wanted,
                struct ww_error *err);
    void *arg;
};

/* A zygote's job (zygote.h), with a pointer to one of these. */
struct ww_worker {
    struct ww_worker_policy how;
    struct ww_worker_site site; /* load NULL: there are no policies of the site; else `how` is not used */
    struct ww_filter loader_filter;
    struct ww_policy policy;
    struct ww_filter filter;
    int parent; /* the zygote's pid */
};

int ww_worker_prepare(void *worker, struct ww_error *err);

/* Go to jail, say so, and answer until the agent's end is closed. */
void ww_worker_serve(void *worker);

/*
 * The parts of it, for loader_serve.h. Work: say what the jail is made of, or with *jail (code not 0) why there is
 * none; and answer until the agent's end is closed.
 */
void ww_worker_work(struct ww_worker *w, const struct ww_jail_report *report, const struct ww_error *jail);
int ww_worker_say_hello(const struct ww_jail_report *report, const char *version, const struct ww_error *jail,
                        struct ww_buf *out);
int ww_worker_say(enum ww_frame_kind kind, uint64_t number, const struct ww_buf *body);
int ww_worker_refuse(uint64_t number, const struct ww_error *err, struct ww_buf *out);

/* In the zygote, before there is a jail: with more than a kilobyte to sort, qsort(3) may ask for the machine's memory,
 * once (sysinfo, in glibc before 2.37), and nothing in jail may ask for that. */
void ww_worker_ready_sort(void);
/* In the process that forks workers: what every label needs is then there for all of them. */
void ww_worker_warm_up(struct ww_worker *w);
/*
 * In a worker: what it will write to is its own, and there, when it is asked. Where many containers come at once a
 * request is there soon, and is not kept waiting. Nothing of it is read here.
 */
void ww_worker_begin(struct ww_worker *w);

#endif
