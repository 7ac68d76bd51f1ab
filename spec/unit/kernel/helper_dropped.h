/* What the kernel has counted and reported of dropped packets. */
#ifndef WW_SPEC_HELPER_DROPPED_H
#define WW_SPEC_HELPER_DROPPED_H

#include <stddef.h>

#include "core/kernel/kernel_drops.h"
#include "helper_kernel.h"

#define COUNTERS_MAX 64
#define REPORTS_MAX 256

struct counters {
    struct ww_drop_counter v[COUNTERS_MAX];
    size_t n;
};

struct reports {
    struct ww_drop v[REPORTS_MAX];
    size_t n; /* all that came, also those that there was no room for */
};

/* A bench that reports, with the chain `back` in its table, for rules with a verdict. Fails the test. */
void dropped_open(struct bench *bench);

struct counters counters_read(struct bench *bench);
/* All that came since the last time. */
struct reports reports_read(struct bench *bench);

#endif
