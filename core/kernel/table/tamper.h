/* What others did to the table, as the notifications tell it: how much of the image still holds. */
#ifndef WW_KERNEL_TAMPER_H
#define WW_KERNEL_TAMPER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/kernel/base_ruleset/base_rules.h"
#include "core/kernel/table/image.h"
#include "core/kernel/wire/watch.h"

#define WW_TAMPERED_FIXED 8 /* with more of them it is the layout */

/* All zero: nothing happened. */
struct ww_tamper {
    bool gone[WW_TABLES]; /* the table was deleted; what came after it is not ours */
    bool layout;          /* the table was changed, a set or a fixed chain itself: all that is fixed is made again */
    const struct ww_fixed_chain *fixed[WW_TAMPERED_FIXED]; /* only their rules were touched */
    size_t n_fixed;
    bool chains;        /* chains of containers were touched: what leads to them must not */
    bool sets[WW_SETS]; /* elements of these were touched, or they themselves */
};

/*
 * Note one change; chains of containers that it touched are distrusted in the image. Is it any of our business? Chains
 * of others in the table, their rules and their sets are not.
 */
bool ww_tamper_note(struct ww_tamper *tamper, struct ww_image *image, const struct ww_notification *n);

/* In words: "rule deleted from chain forward". Kinds that ww_tamper_note does not count leave the text alone. */
void ww_tamper_describe(const struct ww_notification *n, char *text, size_t size);

#endif
