#include "core/sandbox/asked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/sandbox/jailed_error.h"

#define BUSY_NS (20 * WW_NS_PER_MS) /* between requests that come one after the other, as at a start */
#define SHARED_MAX 64               /* containers that one worker is asked about: its time is limited */
#define BACKOFF_FIRST_MS 50
#define BACKOFF_LAST_MS 5000

void ww_asked_init(struct ww_asked *a, struct ww_forker forker)
{
    *a = (struct ww_asked){.forker = forker, .current = WW_HANDLE_NONE, .former = WW_HANDLE_NONE};
    ww_spare_init(&a->spare);
}

void ww_asked_done(struct ww_asked *a)
{
    ww_asked_retire(a);
    ww_spare_done(&a->spare, &a->forker);
    ww_slow_done(&a->slow);
}

/* The current worker is asked nothing more. */
static void set_aside(struct ww_asked *a)
{
    ww_handle_end(&a->former, &a->forker);
    a->former = a->current;
    a->current.fd = -1;
    a->compiled = 0;
    a->spent = false;
    free(a->key);
    a->key = NULL;
}

void ww_asked_retire(struct ww_asked *a)
{
    set_aside(a);
    ww_handle_end(&a->former, &a->forker);
}

/* A worker could not be started: that is not tried at once for every label that needs one. */
static void back_off(struct ww_asked *a)
{
    int64_t ms = BACKOFF_FIRST_MS;
    for (unsigned i = 0; i < a->failures && ms < BACKOFF_LAST_MS; i++)
        ms *= 2;
    a->failures++;
    a->not_before = ww_clock_mono() + (ms < BACKOFF_LAST_MS ? ms : BACKOFF_LAST_MS) * WW_NS_PER_MS;
}

/* The current worker did not begin. The zygote's death shows at once, not when it is asked next. */
static int start_failed(struct ww_asked *a, struct ww_error *err)
{
    struct ww_error gone = {0};
    ww_asked_retire(a);
    back_off(a);
    if (ww_spare_order(&a->spare, &a->forker, &gone) != -EPIPE)
        return -EAGAIN;
    *err = gone;
    return -EPIPE;
}

/* A worker that has seen nothing of another key. What fails here is no fault of the label: -EAGAIN, -EPIPE. */
static int worker_for(struct ww_asked *a, const char *key, struct ww_error *err)
{
    if (a->current.fd >= 0 && !a->spent && strcmp(a->key, key) == 0 && !ww_handle_has_ended(&a->current))
        return 0;
    set_aside(a);
    if (ww_clock_mono() < a->not_before)
        return ww_fail(err, -EAGAIN, "a reader of labels could not be started, and is not tried again yet");
    a->key = strdup(key);
    if (!a->key)
        return ww_fail(err, -ENOMEM, "out of memory");
    a->lost += ww_spare_bury(&a->spare, &a->forker);
    int rc = ww_spare_order(&a->spare, &a->forker, err);
    if (rc < 0)
        return rc == -EPIPE ? rc : -EAGAIN;
    a->current = ww_spare_take(&a->spare);
    return 0;
}

static int64_t until_of(const struct ww_asked *a)
{
    return a->asked + WW_LIMIT_JAIL_MS * WW_NS_PER_MS;
}

/* The worker says that it is shut in, within the time for its start. The request's time begins with that. */
static int greet(struct ww_asked *a, struct ww_error *err)
{
    char version[WW_HASH_HEX];
    struct ww_jail_report report;
    int64_t left = until_of(a) - ww_clock_mono();
    int rc = ww_handle_greet(&a->current, left > 0 ? left / WW_NS_PER_MS : 0, &report, version, err);
    a->asked = ww_clock_mono();
    return rc;
}

/*
 * Send the request, which the worker reads when it is shut in; have the next worker made meanwhile; and wait until this
 * one says that it is. *ret_began: it is, so that what fails is the request's doing.
 */
static int begin(struct ww_asked *a, struct ww_frame frame, const struct ww_buf *request, bool *ret_began,
                 struct ww_error *err)
{
    *ret_began = a->current.greeted;
    a->asked = ww_clock_mono();
    int rc = ww_frame_send(a->current.fd, frame, request->data, until_of(a));
    ww_handle_end(&a->former, &a->forker); /* while this one works */
    if (ww_clock_mono() - a->answered < BUSY_NS)
        ww_spare_prepare(&a->spare, &a->forker); /* else when nothing waits for it, or it is needed */
    if (!a->current.greeted && greet(a, err) < 0)
        return -EAGAIN;
    *ret_began = true;
    a->failures = 0;
    return rc;
}

static int finish(const struct ww_asked *a, struct ww_frame *ret_frame, struct ww_buf *ret_answer)
{
    int rc = ww_frame_receive(a->current.fd, WW_LIMIT_JAIL_BYTES, until_of(a), ret_frame, ret_answer);
    if (rc == 0 &&
        (ret_frame->number != a->number || (ret_frame->kind != WW_FRAME_DONE && ret_frame->kind != WW_FRAME_REFUSED)))
        rc = -EBADMSG;
    return rc;
}

/* Ask the current worker. */
static int exchange(struct ww_asked *a, enum ww_frame_kind kind, const struct ww_buf *request,
                    struct ww_buf *ret_answer, struct ww_error *err)
{
    struct ww_frame frame = {.bytes = (uint32_t)request->len, .kind = kind, .number = ++a->number};
    bool began;
    int rc = begin(a, frame, request, &began, err);
    if (!began)
        return start_failed(a, err);
    if (rc == 0)
        rc = finish(a, &frame, ret_answer);
    if (rc < 0)
        return ww_jailed_explain(rc, err);
    return frame.kind == WW_FRAME_REFUSED ? ww_jailed_refusal(ret_answer, err) : 0;
}

/*
 * What rests after a worker died or was silent: the label, whichever container has it. Policies that fail say so, and
 * that is about their container; so is what becomes of one without a label.
 */
static const char *culprit(const struct ww_asked *a, const char *key)
{
    const char *label = a->forker.loader ? strchr(key, '\n') : NULL;
    return label && label[1] ? label + 1 : key;
}

/*
 * The time that a request took. A loader's worker is not ended from outside: one that failed, and goes on, may use as
 * much of a processor as a worker may.
 */
static int64_t time_taken(const struct ww_asked *a, int rc)
{
    bool goes_on = rc == -ECHILD && a->forker.loader && a->current.fd >= 0 && !ww_handle_has_ended(&a->current);
    return goes_on ? WW_LIMIT_JAIL_MS * WW_NS_PER_MS : ww_clock_mono() - a->asked;
}

/* What came of a request, when all of it was read: what keeps the loop waiting is not asked at once again. */
static void settle(struct ww_asked *a, const char *key, int rc, const struct ww_error *err)
{
    if (rc == -EINVAL || rc == -E2BIG || rc == -ECHILD)
        ww_slow_note_failure(&a->slow, rc == -ECHILD ? culprit(a, key) : key, time_taken(a, rc), err);
    else if (rc == 0)
        ww_slow_note_answer(&a->slow, key, ww_clock_mono() - a->asked);
    a->lost += rc == -ECHILD || rc == -EAGAIN;
    if (rc < 0)
        ww_asked_retire(a);
}

int ww_asked_ask(struct ww_asked *a, enum ww_frame_kind kind, const char *key, const struct ww_buf *request,
                 struct ww_buf *ret_answer, struct ww_error *err)
{
    int rc = ww_frame_check(request, WW_LIMIT_JAIL_BYTES, "WW_LIMIT_JAIL_BYTES",
                            "the container's label, and what it names,", err);
    if (rc == 0)
        rc = ww_slow_check(&a->slow, culprit(a, key), err);
    if (rc == 0)
        rc = ww_slow_check(&a->slow, key, err);
    if (rc == 0)
        rc = worker_for(a, key, err);
    if (rc < 0)
        return rc;
    rc = exchange(a, kind, request, ret_answer, err);
    if (rc < 0)
        settle(a, key, rc, err);
    return rc;
}

int ww_asked_judge(struct ww_asked *a, int rc, struct ww_error *err)
{
    if (rc < 0 && rc != -ENOMEM) {
        err->code = -ECHILD;
        rc = ww_context(err, "the process that reads the label answers with what it may not");
    }
    settle(a, a->key, rc, err);
    return rc;
}

void ww_asked_end_turn(struct ww_asked *a)
{
    bool busy = ww_clock_mono() - a->answered < BUSY_NS;
    a->spent = a->spent || a->forker.loader || !busy || ++a->compiled >= SHARED_MAX;
    a->answered = ww_clock_mono();
}

void ww_asked_prepare(struct ww_asked *a)
{
    if (a->spent)
        ww_asked_retire(a);
    ww_handle_end(&a->former, &a->forker);
    ww_spare_prepare(&a->spare, &a->forker);
}

int64_t ww_asked_look(struct ww_asked *a)
{
    bool died;
    int64_t ms = ww_spare_look(&a->spare, &a->forker, &died);
    a->lost += died;
    return ms;
}
