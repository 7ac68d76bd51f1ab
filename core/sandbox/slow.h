/*
 * Labels that took a worker's time. The loop waits for an answer, so one that was slow and got none, or one that closes
 * the container, is not tried again for a while, whichever container has it; one that ends its worker at once costs
 * nothing, and is. One that is answered right rests when it has taken all the time that a single answer may take.
 * However many rest, trying them again takes no more than one part in twenty of the loop's time.
 */
#ifndef WW_SANDBOX_SLOW_H
#define WW_SANDBOX_SLOW_H

#include <stdint.h>

#include "core/base/error.h"

#define WW_SLOW_LABELS 4096 /* of which the program knows; of more, the last ones */

struct ww_slow_label;

/* All zero is empty. */
struct ww_slow {
    struct ww_slow_label *labels; /* owned; by hash, the one that came first in front */
    int64_t latest;               /* until when one rests: ww_clock_mono() */
};

/* -ECHILD, with the text of then, while the label is not to be tried. */
int ww_slow_check(const struct ww_slow *slow, const char *label, struct ww_error *err);

/* It failed after so many nanoseconds, with *err. Without memory it is tried as often as it comes. */
void ww_slow_note_failure(struct ww_slow *slow, const char *label, int64_t took, const struct ww_error *err);

/* It was answered right after so many. */
void ww_slow_note_answer(struct ww_slow *slow, const char *label, int64_t took);

/* How long the label still rests, in nanoseconds; 0: it is tried. */
int64_t ww_slow_rests(const struct ww_slow *slow, const char *label);

void ww_slow_done(struct ww_slow *slow);

#endif
