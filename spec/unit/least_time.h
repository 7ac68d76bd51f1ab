/* What something takes of the processor, for tests that hold how it grows. */
#ifndef WW_SPEC_UNIT_LEAST_TIME_H
#define WW_SPEC_UNIT_LEAST_TIME_H

#include <stdint.h>

#include "core/base/clock.h"

/* In ns, the least of some calls: what else the machine does makes a call longer only. */
static inline int64_t least_time(void (*fn)(void *arg), void *arg)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        int64_t began = ww_clock_thread();
        fn(arg);
        int64_t took = ww_clock_thread() - began;
        least = took < least ? took : least;
    }
    return least;
}

#endif
