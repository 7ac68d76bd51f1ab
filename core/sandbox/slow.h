/*
 * Labels that took a worker's time. The loop waits for an answer, so one that was slow and got none, or one that closes
 * the container, is not tried again for a while, whichever container has it; one that ends its worker at once costs
 * nothing, and is. One that is answered right rests when it has taken all the time that a single answer may take.
 */
#ifndef WW_SANDBOX_SLOW_H
#define WW_SANDBOX_SLOW_H

#include <stdint.h>

#include "core/base/error.h"
#include "core/base/hash.h"

#define WW_SLOW_LABELS 64 /* of which the program knows; of more, the last ones */

/* All zero is empty. */
struct ww_slow {
    struct ww_slow_label {
        char hash[WW_HASH_HEX];
        int64_t until; /* ww_clock_mono(); 0: none */
        int64_t spent; /* nanoseconds, for right answers that were slow */
        char *why;     /* owned; NULL: it is still tried */
    } labels[WW_SLOW_LABELS];
    unsigned next;
    int64_t latest; /* of all `until` */
};

/* -ECHILD, with the text of then, while the label is not to be tried. */
int ww_slow_check(const struct ww_slow *slow, const char *label, struct ww_error *err);

/* It failed after so many nanoseconds, with *err. */
void ww_slow_note_failure(struct ww_slow *slow, const char *label, int64_t took, const struct ww_error *err);

/* It was answered right after so many. */
void ww_slow_note_answer(struct ww_slow *slow, const char *label, int64_t took);

void ww_slow_done(struct ww_slow *slow);

#endif
