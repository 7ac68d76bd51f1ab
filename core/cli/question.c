#include "core/cli/question.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/cli/ask.h"
#include "core/cli/table.h"

int ww_question_complain(const struct ww_error *err, int status)
{
    fprintf(stderr, "whalewall: %s\n", err->text);
    return status;
}

static int show(const struct ww_question *question, const struct ww_reply *reply, bool json, FILE *out)
{
    struct ww_error err = {0};
    const char *body = reply->body.data ? reply->body.data : "";
    if (reply->status != 200) {
        ww_reply_error(reply, &err);
        return ww_question_complain(&err, reply->status == 400 || reply->status == 404 ? WW_QUESTION_USAGE
                                                                                       : WW_QUESTION_SILENT);
    }
    int good = json ? question->verdict(body, reply->body.len, &err)
                    : question->show(body, reply->body.len, ww_colours_wanted(out), out, &err);
    if (json && good >= 0)
        fputs(body, out);
    if (good >= 0 && (fflush(out) != 0 || ferror(out)))
        good = ww_fail(&err, -EIO, "cannot write the answer");
    if (good < 0)
        return ww_question_complain(&err, WW_QUESTION_SILENT);
    return good ? EXIT_SUCCESS : WW_QUESTION_NO;
}

int ww_question_ask(const struct ww_question *question, const char *data_dir, const char *path, bool json, FILE *out)
{
    struct ww_reply reply = {0};
    struct ww_error err = {0};
    int rc = ww_ask_program(data_dir, path, false, &reply, &err);
    int status = rc < 0 ? ww_question_complain(&err, WW_QUESTION_SILENT) : show(question, &reply, json, out);
    ww_buf_done(&reply.body);
    return status;
}
