#include "core/cli/metrics.h"

#include <errno.h>
#include <stdlib.h>

#include "core/cli/ask.h"
#include "core/cli/status.h"

int ww_metrics(const char *data_dir, FILE *out)
{
    struct ww_reply reply;
    struct ww_error err = {0};
    int rc = ww_ask_program(data_dir, "/v1/metrics", false, &reply, &err);
    if (rc == 0 && reply.status != 200)
        rc = ww_reply_error(&reply, &err);
    if (rc == 0 && reply.body.len)
        fputs(reply.body.data, out);
    ww_buf_done(&reply.body);
    if (rc == 0 && (fflush(out) != 0 || ferror(out)))
        rc = ww_fail(&err, -EIO, "cannot write the metrics");
    if (rc == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "whalewall: %s\n", err.text);
    return WW_STATUS_SILENT;
}
