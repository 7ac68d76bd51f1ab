#include "core/sandbox/loader_serve.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/ir/names.h"
#include "core/sandbox/answer.h"
#include "core/sandbox/answer_groups.h"
#include "core/sandbox/handover.h"
#include "core/sandbox/worker.h"

int ww_loader_prepare(void *worker, struct ww_error *err)
{
    struct ww_worker *w = worker;
    w->parent = getpid();
    ww_worker_ready_sort();
    int rc = ww_filter_worker(&w->filter, err);
    return rc < 0 ? rc : ww_filter_loader(&w->loader_filter, err);
}

/* What policies read, and their groups, when they are loaded; else which files they want. */
static int answer(struct ww_worker *w, const struct ww_names *wanted, uint64_t number, struct ww_buf *out)
{
    const struct ww_policy *p = &w->policy;
    ww_buf_reset(out);
    if (wanted->n)
        ww_answer_names_write(wanted, out);
    else
        ww_answer_loaded_write(p->ops->reads(p->self), p->ops->groups ? p->ops->groups(p->self) : NULL, out);
    return ww_buf_ok(out) ? ww_worker_say(wanted->n ? WW_FRAME_WANTED : WW_FRAME_DONE, number, out) : -ENOMEM;
}

/* One try. 1: they are loaded; 0: they are not yet; -errno: the agent is gone. */
static int load_once(struct ww_worker *w, struct ww_buf *sources, struct ww_buf *out)
{
    struct ww_frame frame;
    struct ww_names wanted = {0};
    struct ww_error err = {0};
    int rc = ww_frame_receive(WW_WORKER_FD, WW_LIMIT_JAIL_LOADER_BYTES, 0, &frame, sources);
    if (rc < 0)
        return rc;
    if (frame.kind != WW_FRAME_SOURCES)
        ww_fail(&err, -EINVAL, "an unknown request");
    else
        (void)w->site.load(w->site.arg, sources->len ? sources->data : "", sources->len, &w->policy, &wanted, &err);
    rc = err.code ? ww_worker_refuse(frame.number, &err, out) : answer(w, &wanted, frame.number, out);
    bool loaded = rc == 0 && !err.code && wanted.n == 0;
    ww_names_done(&wanted);
    return rc < 0 ? rc : loaded;
}

static int load(struct ww_worker *w)
{
    struct ww_buf sources = {0};
    struct ww_buf out = {0};
    int rc = 0;
    while (rc == 0)
        rc = load_once(w, &sources, &out);
    ww_buf_done(&sources);
    ww_buf_done(&out);
    return rc < 0 ? rc : 0;
}

/* It has the loader's jail already, but for what the loader needs to fork. */
static void be_worker(struct ww_worker *w, int fd, const struct ww_jail_report *jail)
{
    struct ww_jail_report report = *jail;
    struct ww_error err = {0};
    ww_handover_keep_only(fd);
    prctl(PR_SET_NAME, "ww-worker", 0, 0, 0);
    ww_worker_begin(w);
    report.calls = w->filter.calls;
    (void)ww_jail_narrow(&w->filter, w->parent, &err);
    ww_worker_work(w, &report, &err);
    _exit(0);
}

/* A byte with each worker's socket. Where it cannot be forked the agent sees its end of the socket closed. */
static void fork_workers(struct ww_worker *w, const struct ww_jail_report *jail)
{
    char order;
    int fd;
    w->parent = getpid();
    while (ww_handover_receive(WW_WORKER_FD, &order, sizeof(order), &fd)) {
        if (fd >= 0 && fork() == 0)
            be_worker(w, fd, jail);
        if (fd >= 0)
            close(fd);
    }
}

void ww_loader_serve(void *worker)
{
    struct ww_worker *w = worker;
    struct ww_buf out = {0};
    struct ww_error err = {0};
    struct ww_jail_report report = {0};
    prctl(PR_SET_NAME, "ww-loader", 0, 0, 0);
    signal(SIGCHLD, SIG_IGN); /* workers end by themselves, when the agent has closed its end: none is waited for */
    (void)ww_jail_enter_loader(&w->loader_filter, w->parent, &report, &err);
    int rc = ww_worker_say_hello(&report, "", &err, &out);
    ww_buf_done(&out);
    if (rc < 0 || load(w) < 0)
        return;
    ww_worker_warm_up(w);
    fork_workers(w, &report);
}
