/* Values of labels in the metrics. */
#ifndef WW_CONTROL_METRICS_VALUE_H
#define WW_CONTROL_METRICS_VALUE_H

#include "core/base/buf.h"

/* Append a value, without the quotes around it: `\`, `"` and line ends are escaped, what is not UTF-8 becomes U+FFFD.
 */
void ww_metrics_value(struct ww_buf *out, const char *text);

#endif
