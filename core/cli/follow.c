#include "core/cli/follow.h"

#include <errno.h>
#include <poll.h>

#include "core/cli/ask.h"
#include "core/cli/query.h"
#include "core/cli/question.h"

#define AGAIN_MS 500

void ww_follow_since(struct ww_buf *path, uint64_t since)
{
    char number[24];
    snprintf(number, sizeof(number), "%llu", (unsigned long long)since);
    if (since)
        ww_query_add(path, "since", number);
}

/* One answer, line by line. 0, or the exit status. */
static int follow_once(const char *data_dir, const struct ww_follow *f, const char *path, FILE *out, uint64_t *since)
{
    struct ww_reply reply = {0};
    struct ww_error err = {0};
    int status = 0;
    int rc = ww_ask_program(data_dir, path, false, &reply, &err);
    if (rc == 0 && reply.status != 200) {
        rc = ww_reply_error(&reply, &err);
        status = reply.status == 400 || reply.status == 404 ? WW_QUESTION_USAGE : WW_QUESTION_SILENT;
    } else if (rc == 0) {
        rc = f->show(reply.body.data ? reply.body.data : "", reply.body.len, f->json, out, since, &err);
    }
    if (rc >= 0 && (fflush(out) != 0 || ferror(out)))
        rc = ww_fail(&err, -EIO, "cannot write the answer");
    ww_buf_done(&reply.body);
    return rc < 0 ? ww_question_complain(&err, status ? status : WW_QUESTION_SILENT) : 0;
}

int ww_follow(const char *data_dir, const struct ww_follow *follow, FILE *out)
{
    struct ww_error err = {0};
    struct ww_buf path = {0};
    uint64_t since = 0;
    int status = 0;
    while (status == 0) {
        ww_buf_reset(&path);
        follow->path(follow->arg, since, &path);
        if (!ww_buf_ok(&path)) {
            ww_fail(&err, -ENOMEM, "out of memory");
            status = ww_question_complain(&err, WW_QUESTION_SILENT);
            break;
        }
        status = follow_once(data_dir, follow, path.data, out, &since);
        if (status == 0)
            poll(NULL, 0, AGAIN_MS);
    }
    ww_buf_done(&path);
    return status;
}
