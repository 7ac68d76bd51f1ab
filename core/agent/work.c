#include "core/agent/work.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#define THREADS "1" /* one at a time is enough; libuv would start four */

struct work {
    uv_work_t request;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void on_work(uv_work_t *request)
{
    const struct work *w = request->data;
    w->work(w->arg);
}

static void on_done(uv_work_t *request, int status)
{
    struct work *w = request->data;
    (void)status;            /* nothing is cancelled */
    if (request->loop->data) /* loop.c: NULL when it ends */
        w->done(w->arg);
    free(w);
}

static void do_nothing(void *arg)
{
    (void)arg;
}

/* libuv ends the program where it cannot start its threads: so it is tried before, and they are started now. */
int ww_work_prepare(struct uv_loop_s *loop, struct ww_error *err)
{
    uv_thread_t thread;
    int rc = uv_thread_create(&thread, do_nothing, NULL);
    if (rc < 0)
        return ww_fail(err, rc, "cannot start a thread: %s", uv_strerror(rc));
    uv_thread_join(&thread);
    setenv("UV_THREADPOOL_SIZE", THREADS, 0);
    return ww_work_start(loop, do_nothing, do_nothing, NULL, err);
}

int ww_work_start(struct uv_loop_s *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg,
                  struct ww_error *err)
{
    struct work *w = calloc(1, sizeof(*w));
    if (!w)
        return ww_fail(err, -ENOMEM, "out of memory");
    *w = (struct work){.request.data = w, .work = work, .done = done, .arg = arg};
    uv_queue_work(loop, &w->request, on_work, on_done); /* fails only without work */
    return 0;
}
