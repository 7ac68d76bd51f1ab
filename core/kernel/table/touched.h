/* What other programs did to the table, as the notifications tell it: how much of the image still holds. */
#ifndef WW_KERNEL_TOUCHED_H
#define WW_KERNEL_TOUCHED_H

#include <stdbool.h>
#include <stddef.h>

#include "core/kernel/base_ruleset/base_rules.h"
#include "core/kernel/table/image.h"
#include "core/kernel/wire/watch.h"

#define WW_TOUCHED_FIXED 8 /* with more of them it is the layout */

/* All zero: nothing happened. */
struct ww_touched {
    bool gone[WW_TABLES]; /* the table was deleted; what came after it is not ours */
    bool layout;          /* the table was changed, a set or a fixed chain itself: all that is fixed is made again */
    const struct ww_fixed_chain *fixed[WW_TOUCHED_FIXED]; /* only their rules were touched */
    size_t n_fixed;
    bool chains;        /* chains of containers were touched: what leads to them must not */
    bool sets[WW_SETS]; /* elements of these were touched, or they themselves */
};

/*
 * Note one change; chains of containers that it touched are distrusted in the image. Is it any of our business? Chains
 * of other programs in the table, their rules and their sets are not.
 */
bool ww_touched_note(struct ww_touched *touched, struct ww_image *image, const struct ww_notification *n);

/* In words: "rule deleted from chain forward". Kinds that ww_touched_note does not count leave the text alone. */
void ww_touched_describe(const struct ww_notification *n, char *text, size_t size);

#endif
