#include "core/base/clock.h"

#include <time.h>

static int64_t clock_read(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * WW_NS_PER_S + now.tv_nsec;
}

int64_t ww_clock_mono(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int64_t ww_clock_real(void)
{
    return clock_read(CLOCK_REALTIME);
}
