/* Time: monotonic for durations, real for what people read and for the engine's `since`. */
#ifndef WW_BASE_CLOCK_H
#define WW_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since an arbitrary point; never goes back. */
int64_t ww_clock_mono(void);

/* Nanoseconds of the processor's time that this thread has used. */
int64_t ww_clock_thread(void);

/* Nanoseconds since 1970, UTC. */
int64_t ww_clock_real(void);

#define WW_BOOT_ID 37 /* 36 characters and the NUL */

/* What tells this boot of the machine from any other (proc_sys_kernel(5), random/boot_id); "" if the kernel does not
 * say. */
const char *ww_clock_boot(char ret_id[static WW_BOOT_ID]);

#define WW_NS_PER_MS 1000000LL
#define WW_NS_PER_S 1000000000LL

#endif
