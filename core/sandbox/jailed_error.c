#include "core/sandbox/jailed_error.h"

#include <errno.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/sandbox/answer.h"

int ww_jailed_explain(int rc, struct ww_error *err)
{
    if (rc == -ETIMEDOUT)
        return ww_fail(err, -ECHILD, "the process that reads the label did not answer within %d ms (WW_LIMIT_JAIL_MS)",
                       WW_LIMIT_JAIL_MS);
    if (rc == -ECONNRESET)
        return ww_fail(err, -ECHILD, "the process that reads the label died of it");
    if (rc == -EMSGSIZE)
        return ww_fail(err, -ECHILD,
                       "the process that reads the label answers with more than %ld bytes (WW_LIMIT_JAIL_BYTES)",
                       WW_LIMIT_JAIL_BYTES);
    if (rc == -EBADMSG)
        return ww_fail(err, -ECHILD, "the process that reads the label answers with nonsense");
    return ww_fail(err, rc, "the process that reads the label cannot be asked: %s", strerror(-rc));
}

int ww_jailed_refusal(const struct ww_buf *answer, struct ww_error *err)
{
    int rc = ww_answer_refusal_read(answer->data, answer->len, err);
    if (rc == -EBADMSG)
        return ww_jailed_explain(rc, err);
    if (rc == -ENOMEM)
        return ww_fail(err, -ECHILD,
                       "the process that reads the label needs more than %ld bytes (WW_LIMIT_JAIL_MEMORY)",
                       WW_LIMIT_JAIL_MEMORY);
    return rc;
}
