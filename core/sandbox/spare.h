/* The worker that waits: asked for, and not asked anything yet. One that dies meanwhile is replaced. */
#ifndef WW_SANDBOX_SPARE_H
#define WW_SANDBOX_SPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/sandbox/handle.h"

struct ww_spare {
    struct ww_handle handle;
    int watch;          /* an epoll with its socket, which is readable when it has ended; -1: it is not watched */
    int64_t ordered;    /* ww_clock_mono() */
    unsigned deaths;    /* of those that waited, one soon after the other */
    int64_t not_before; /* … so none is ordered until then, but for a label: ww_clock_mono() */
};

void ww_spare_init(struct ww_spare *s);
void ww_spare_done(struct ww_spare *s, const struct ww_forker *forker);

bool ww_spare_is_there(const struct ww_spare *s);

/* Have one forked, where there is none. Errors as ww_handle_order. */
int ww_spare_order(struct ww_spare *s, const struct ww_forker *forker, struct ww_error *err);
/* The same, where none has died of late: what fails is tried again by ww_spare_look, or when it is needed. */
void ww_spare_prepare(struct ww_spare *s, const struct ww_forker *forker);

/* It died while it waited, and is done with. */
bool ww_spare_bury(struct ww_spare *s, const struct ww_forker *forker);

/* It waits no longer: it is the caller's. */
struct ww_handle ww_spare_take(struct ww_spare *s);

/*
 * What is watched is readable, or the time is over that this returned: replace one that died. *ret_died: one did.
 * Milliseconds until it is to be called again; -1: when what is watched is readable.
 */
int64_t ww_spare_look(struct ww_spare *s, const struct ww_forker *forker, bool *ret_died);

#endif
