#include "core/cli/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/cli/ask.h"
#include "core/cli/query.h"
#include "core/cli/table.h"

#define WORDS 3

static int complain(const struct ww_error *err, int status)
{
    fprintf(stderr, "whalewall: %s\n", err->text);
    return status;
}

/* The exit status. */
static int show(const struct ww_reply *reply, bool json, FILE *out)
{
    struct ww_error err = {0};
    const char *body = reply->body.data ? reply->body.data : "";
    if (reply->status != 200) {
        ww_reply_error(reply, &err);
        return complain(&err, reply->status == 400 || reply->status == 404 ? WW_EXPLAIN_USAGE : WW_EXPLAIN_SILENT);
    }
    int ok = json ? ww_explain_passes(body, reply->body.len, &err)
                  : ww_explain_show(body, reply->body.len, ww_colours_wanted(out), out, &err);
    if (json && ok >= 0)
        fputs(body, out);
    if (ok >= 0 && (fflush(out) != 0 || ferror(out)))
        ok = ww_fail(&err, -EIO, "cannot write the answer");
    if (ok < 0)
        return complain(&err, WW_EXPLAIN_SILENT);
    return ok ? EXIT_SUCCESS : WW_EXPLAIN_STOPPED;
}

int ww_explain(const char *data_dir, const char *const *words, size_t n, bool json, FILE *out)
{
    static const char *const names[WORDS] = {"from", "to", "what"};
    struct ww_reply reply = {0};
    struct ww_error err = {0};
    struct ww_buf path = {0};
    if (n != WORDS) {
        ww_fail(&err, -EINVAL,
                "three words are needed: whalewall explain FROM TO PROTO/PORT, "
                "as in: whalewall explain web db tcp/5432");
        return complain(&err, WW_EXPLAIN_USAGE);
    }
    ww_buf_str(&path, "/v1/explain");
    for (size_t i = 0; i < WORDS; i++)
        ww_query_add(&path, names[i], words[i]);
    int rc = ww_buf_ok(&path) ? ww_ask_program(data_dir, path.data, false, &reply, &err)
                              : ww_fail(&err, -ENOMEM, "out of memory");
    int status = rc < 0 ? complain(&err, WW_EXPLAIN_SILENT) : show(&reply, json, out);
    ww_buf_done(&reply.body);
    ww_buf_done(&path);
    return status;
}
