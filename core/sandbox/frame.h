/* What agent and worker send each other: a head that says how long, what, and of which request; then the body. */
#ifndef WW_SANDBOX_FRAME_H
#define WW_SANDBOX_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/error.h"

enum ww_frame_kind {
    WW_FRAME_HELLO = 1, /* worker: it is jailed; body: struct ww_jail_report, then the policy's version */
    WW_FRAME_MENTIONS,  /* agent: which names are in this label; body: the label */
    WW_FRAME_COMPILE,   /* agent: translate; body: the facts, see facts_wire.h */
    WW_FRAME_DONE,      /* worker; body: the names, or the compiled rules as text */
    WW_FRAME_REFUSED,   /* worker; body: the error's code (int32_t), then its text */
    WW_FRAME_NAMES,     /* agent: which names do its rules mention; body: the facts */
    WW_FRAME_SOURCES,   /* agent, to a loader (loader.h): load these policies; body: their sources */
    WW_FRAME_WANTED,    /* loader: they need these files, too; body: the names */
};

/* Both ends are one program on one machine, so numbers are as they are in memory. */
struct ww_frame {
    uint32_t bytes; /* of the body */
    uint32_t kind;
    uint64_t number; /* of the request; an answer has its request's; HELLO: 0 */
};

/*
 * Send and receive one, over a stream. until: when to give up (ww_clock_mono()), with a descriptor that does not block;
 * 0: never, with one that does. -ETIMEDOUT; -EMSGSIZE when the body would have more than `limit` bytes; -ECONNRESET
 * when the other end is closed; -ENOMEM.
 */
int ww_frame_send(int fd, struct ww_frame frame, const void *body, int64_t until);
int ww_frame_receive(int fd, size_t limit, int64_t until, struct ww_frame *ret_frame, struct ww_buf *body);

/*
 * Whether this may be sent: -ENOMEM when there was no memory for all of it, -E2BIG when it is longer than `limit`,
 * which core/base/limits.h calls `name`. what: is too long, as the error says it ("what it names, take … bytes").
 */
int ww_frame_check(const struct ww_buf *body, long limit, const char *name, const char *what, struct ww_error *err);

#endif
