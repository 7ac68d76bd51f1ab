/* Time: monotonic for durations, real for what people read and for the engine's `since`. */
#ifndef WW_BASE_CLOCK_H
#define WW_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since an arbitrary point; never goes back. */
int64_t ww_clock_mono(void);

/* Nanoseconds since 1970, UTC. */
int64_t ww_clock_real(void);

#define WW_NS_PER_MS 1000000LL
#define WW_NS_PER_S 1000000000LL

#endif
