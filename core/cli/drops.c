#include "core/cli/drops.h"

#include <errno.h>
#include <poll.h>

#include "core/base/buf.h"
#include "core/cli/ask.h"
#include "core/cli/query.h"
#include "core/cli/question.h"

#define AGAIN_MS 500 /* what follows is asked for anew: the program never waits for a slow reader */

/* since 0: everything. -ENOMEM. */
static int make_path(const char *container, uint64_t since, struct ww_buf *path)
{
    char number[24];
    ww_buf_reset(path);
    ww_buf_str(path, "/v1/drops");
    if (container)
        ww_query_add(path, "container", container);
    snprintf(number, sizeof(number), "%llu", (unsigned long long)since);
    if (since)
        ww_query_add(path, "since", number);
    return ww_buf_ok(path) ? 0 : -ENOMEM;
}

/* One answer, line by line. 0, or the exit status. */
static int follow_once(const char *data_dir, const struct ww_drops_options *o, const char *path, FILE *out,
                       uint64_t *since)
{
    struct ww_reply reply = {0};
    struct ww_error err = {0};
    int status = 0;
    int rc = ww_ask_program(data_dir, path, false, &reply, &err);
    if (rc == 0 && reply.status != 200) {
        rc = ww_reply_error(&reply, &err);
        status = reply.status == 400 || reply.status == 404 ? WW_QUESTION_USAGE : WW_QUESTION_SILENT;
    } else if (rc == 0) {
        rc = ww_drops_show_lines(reply.body.data ? reply.body.data : "", reply.body.len, o->json, out, since, &err);
    }
    if (rc >= 0 && (fflush(out) != 0 || ferror(out)))
        rc = ww_fail(&err, -EIO, "cannot write the answer");
    ww_buf_done(&reply.body);
    return rc < 0 ? ww_question_complain(&err, status ? status : WW_QUESTION_SILENT) : 0;
}

static int follow(const char *data_dir, const struct ww_drops_options *o, FILE *out)
{
    struct ww_error err = {0};
    struct ww_buf path = {0};
    uint64_t since = 0;
    int status = 0;
    while (status == 0) {
        if (make_path(o->container, since, &path) < 0) {
            ww_fail(&err, -ENOMEM, "out of memory");
            status = ww_question_complain(&err, WW_QUESTION_SILENT);
            break;
        }
        status = follow_once(data_dir, o, path.data, out, &since);
        if (status == 0)
            poll(NULL, 0, AGAIN_MS);
    }
    ww_buf_done(&path);
    return status;
}

int ww_drops(const char *data_dir, const struct ww_drops_options *options, FILE *out)
{
    static const struct ww_question question = {.show = ww_drops_show_table, .verdict = ww_drops_check};
    struct ww_error err = {0};
    struct ww_buf path = {0};
    if (options->follow)
        return follow(data_dir, options, out);
    ww_fail(&err, -ENOMEM, "out of memory");
    int status = make_path(options->container, 0, &path) == 0
                     ? ww_question_ask(&question, data_dir, path.data, options->json, out)
                     : ww_question_complain(&err, WW_QUESTION_SILENT);
    ww_buf_done(&path);
    return status;
}
