/*
 * The worker that is asked: made before it is needed, kept to what it has seen, and given up with the first fault. What
 * is asked, and what the answer means, is jailed.c's.
 */
#ifndef WW_SANDBOX_ASKED_H
#define WW_SANDBOX_ASKED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/sandbox/frame.h"
#include "core/sandbox/handle.h"
#include "core/sandbox/slow.h"
#include "core/sandbox/spare.h"

struct ww_asked {
    struct ww_forker forker;  /* what is in it stays the caller's */
    struct ww_spare spare;    /* the next one */
    struct ww_handle current; /* has seen `key` */
    struct ww_handle former;  /* is asked nothing more, and ended when nothing waits for it */
    char *key;                /* a label, or a container and its label; NULL: none yet */
    unsigned compiled;        /* containers that it was asked about */
    bool spent;               /* it is asked nothing more */
    uint64_t number;          /* of the last request */
    int64_t asked;            /* the worker could begin with it then: ww_clock_mono() */
    int64_t answered;         /* the last one, then */
    struct ww_slow slow;
    uint64_t lost;      /* workers that failed */
    unsigned failures;  /* workers that could not be started, in a row */
    int64_t not_before; /* … so none is tried until then: ww_clock_mono() */
};

void ww_asked_init(struct ww_asked *a, struct ww_forker forker);
void ww_asked_done(struct ww_asked *a);

/*
 * A request, whose answer is then to be judged. key: what this worker may have seen of before. After any failure the
 * worker is done with. -ECHILD: it died of it, was silent, or answers nonsense; -EAGAIN: it could not be had; -EPIPE:
 * what forks is gone.
 */
int ww_asked_ask(struct ww_asked *a, enum ww_frame_kind kind, const char *key, const struct ww_buf *request,
                 struct ww_buf *ret_answer, struct ww_error *err);

/* The answer was read, with this result: below 0, it says what it may not. Returns what is to be said of the request.
 */
int ww_asked_judge(struct ww_asked *a, int rc, struct ww_error *err);

/* After an answer. Where requests come one after the other the worker stays for the next container with its label. */
void ww_asked_end_turn(struct ww_asked *a);

/* The current worker has to end now. */
void ww_asked_retire(struct ww_asked *a);

/* End workers, and have the next one made: not before the answer is of use, for that takes the processor from it. */
void ww_asked_prepare(struct ww_asked *a);

/* ww_spare_look, for the next one. */
int64_t ww_asked_look(struct ww_asked *a);

#endif
