#include "core/agent/work.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

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

int ww_work_start(struct uv_loop_s *loop, void (*work)(void *arg), void (*done)(void *arg), void *arg,
                  struct ww_error *err)
{
    struct work *w = calloc(1, sizeof(*w));
    if (!w)
        return ww_fail(err, -ENOMEM, "out of memory");
    *w = (struct work){.request.data = w, .work = work, .done = done, .arg = arg};
    setenv("UV_THREADPOOL_SIZE", "1", 0); /* one at a time is enough; libuv would start four threads */
    int rc = uv_queue_work(loop, &w->request, on_work, on_done);
    if (rc == 0)
        return 0;
    free(w);
    return ww_fail(err, rc, "cannot start a thread: %s", uv_strerror(rc));
}
