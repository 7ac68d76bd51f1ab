#include "core/base/clock.h"

#include <stdio.h>
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

int64_t ww_clock_thread(void)
{
    return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

int64_t ww_clock_real(void)
{
    return clock_read(CLOCK_REALTIME);
}

const char *ww_clock_boot(char ret_id[static WW_BOOT_ID])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    ret_id[0] = '\0';
    if (!file)
        return ret_id;
    if (!fgets(ret_id, WW_BOOT_ID, file))
        ret_id[0] = '\0';
    fclose(file);
    return ret_id;
}
