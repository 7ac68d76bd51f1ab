#include "core/agent/work.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <utlist.h>
#include <uv.h>

struct job {
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
    struct job *prev;
    struct job *next;
};

struct ww_work {
    uv_thread_t thread;
    uv_mutex_t mutex; /* of what follows */
    uv_cond_t wanted;
    uv_async_t finished;
    struct job *jobs;
    struct job *over;
    bool stop;
};

/* Waits for a job, and takes it off; NULL: no more. */
static struct job *take_job(struct ww_work *w)
{
    uv_mutex_lock(&w->mutex);
    while (!w->jobs && !w->stop)
        uv_cond_wait(&w->wanted, &w->mutex);
    struct job *job = w->stop ? NULL : w->jobs;
    if (job)
        DL_DELETE(w->jobs, job);
    uv_mutex_unlock(&w->mutex);
    return job;
}

static void run_work(void *arg)
{
    struct ww_work *w = arg;
    struct job *job;
    while ((job = take_job(w))) {
        job->work(job->arg);
        uv_mutex_lock(&w->mutex);
        DL_APPEND(w->over, job);
        uv_mutex_unlock(&w->mutex);
        uv_async_send(&w->finished);
    }
}

/*
 * What is over now, and not what becomes so meanwhile, which wakes the loop again: a job may start the next one, and
 * the loop is to see to everything else in between.
 */
static void on_finished(uv_async_t *handle)
{
    struct ww_work *w = handle->data;
    struct job *job;
    struct job *next;
    uv_mutex_lock(&w->mutex);
    struct job *over = w->over;
    w->over = NULL;
    uv_mutex_unlock(&w->mutex);
    DL_FOREACH_SAFE(over, job, next)
    {
        job->done(job->arg);
        free(job);
    }
}

/* Signals of the process are for threads of its own. */
static int start_thread(struct ww_work *w)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = uv_thread_create(&w->thread, run_work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int ww_work_new(struct uv_loop_s *loop, struct ww_work **ret_work, struct ww_error *err)
{
    struct ww_work *w = calloc(1, sizeof(*w));
    if (!w)
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = uv_mutex_init(&w->mutex);
    if (rc == 0 && (rc = uv_cond_init(&w->wanted)) < 0)
        uv_mutex_destroy(&w->mutex);
    if (rc == 0 && (rc = start_thread(w)) < 0) {
        uv_cond_destroy(&w->wanted);
        uv_mutex_destroy(&w->mutex);
    }
    if (rc < 0) {
        free(w);
        return ww_fail(err, rc, "cannot start a thread: %s", uv_strerror(rc));
    }
    uv_async_init(loop, &w->finished, on_finished); /* the loop has one already, so this cannot fail */
    w->finished.data = w;
    *ret_work = w;
    return 0;
}

int ww_work_start(struct ww_work *w, void (*work)(void *arg), void (*done)(void *arg), void *arg, struct ww_error *err)
{
    struct job *job = calloc(1, sizeof(*job));
    if (!job)
        return ww_fail(err, -ENOMEM, "out of memory");
    *job = (struct job){.work = work, .done = done, .arg = arg};
    uv_mutex_lock(&w->mutex);
    DL_APPEND(w->jobs, job);
    uv_cond_signal(&w->wanted);
    uv_mutex_unlock(&w->mutex);
    return 0;
}

void ww_work_stop(struct ww_work *w)
{
    if (!w || w->stop)
        return;
    uv_mutex_lock(&w->mutex);
    w->stop = true;
    uv_cond_signal(&w->wanted);
    uv_mutex_unlock(&w->mutex);
    uv_thread_join(&w->thread);
}

static void free_jobs(struct job *jobs)
{
    struct job *job;
    struct job *next;
    DL_FOREACH_SAFE(jobs, job, next)
    free(job);
}

void ww_work_free(struct ww_work *w)
{
    if (!w)
        return;
    free_jobs(w->jobs);
    free_jobs(w->over);
    uv_cond_destroy(&w->wanted);
    uv_mutex_destroy(&w->mutex);
    free(w);
}
