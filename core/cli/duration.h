/* Durations as people write them: "10s", "1m30s", "250ms", "1.5h". */
#ifndef WW_CLI_DURATION_H
#define WW_CLI_DURATION_H

#include <stdint.h>

#include "core/base/error.h"

/* Parse a duration with units h, m, s, ms, us or ns into milliseconds (rounded up). -EINVAL: no duration, or not above
 * zero. */
int ww_duration_parse(const char *text, int64_t *ret_ms, struct ww_error *err);

#endif
