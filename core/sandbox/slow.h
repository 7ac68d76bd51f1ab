/*
 * Labels that took a worker's time and got no answer. The loop waits for an answer, so such a label is not tried again
 * for a while, whichever container has it; one that ends its worker at once costs nothing, and is.
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
        char *why;     /* owned */
    } labels[WW_SLOW_LABELS];
    unsigned next;
    int64_t latest; /* of all `until` */
};

/* -ECHILD, with the text of then, while the label is not to be tried. */
int ww_slow_check(const struct ww_slow *slow, const char *label, struct ww_error *err);

/* It failed after so many nanoseconds, with *err. */
void ww_slow_note(struct ww_slow *slow, const char *label, int64_t took, const struct ww_error *err);

void ww_slow_done(struct ww_slow *slow);

#endif
