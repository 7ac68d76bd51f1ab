#include "core/agent/metrics.h"

#include <errno.h>

#include "core/agent/agent_internal.h"
#include "core/agent/site.h"
#include "core/agent/status.h"
#include "core/control/metrics_write.h"

int ww_agent_metrics(struct ww_agent *a, struct ww_buf *out, struct ww_error *err)
{
    struct ww_status status = {0};
    struct ww_counts counts = a->counts;
    counts.workers += ww_site_failures(&a->policy);
    int rc = ww_agent_status(a, &status, err);
    if (rc == 0)
        ww_metrics_write(&status, &counts, out);
    ww_status_done(&status);
    if (rc == 0 && !ww_buf_ok(out))
        return ww_fail(err, -ENOMEM, "out of memory");
    return rc;
}
