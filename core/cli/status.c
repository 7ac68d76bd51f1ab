#include "core/cli/status.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/cli/ask.h"
#include "core/cli/table.h"

#define AGAIN_MS 2000
#define EMPTY_SCREEN "\033[H\033[2J" /* ECMA-48: to the first place, and erase all */

static int complain(const struct ww_error *err)
{
    fprintf(stderr, "whalewall: %s\n", err->text);
    return WW_STATUS_SILENT;
}

static int show(const struct ww_reply *reply, bool json, FILE *out, struct ww_error *err)
{
    const char *body = reply->body.data ? reply->body.data : "";
    if (reply->status != 200)
        return ww_reply_error(reply, err);
    if (!json)
        return ww_status_show(body, reply->body.len, ww_colours_wanted(out), out, err);
    int ok = ww_status_is_ok(body, reply->body.len, err);
    if (ok >= 0)
        fputs(body, out);
    return ok;
}

int ww_status(const char *data_dir, bool json, FILE *out)
{
    struct ww_reply reply;
    struct ww_error err = {0};
    int ok = ww_ask_program(data_dir, "/v1/status", false, &reply, &err);
    if (ok == 0)
        ok = show(&reply, json, out, &err);
    ww_buf_done(&reply.body);
    if (ok < 0)
        return complain(&err);
    if (fflush(out) != 0 || ferror(out)) {
        ww_fail(&err, -EIO, "cannot write the status");
        return complain(&err);
    }
    return ok ? EXIT_SUCCESS : WW_STATUS_WRONG;
}

int ww_status_watch(const char *data_dir, bool json, FILE *out)
{
    bool terminal = isatty(fileno(out)) == 1;
    while (!ferror(out)) {
        if (terminal)
            fputs(EMPTY_SCREEN, out);
        ww_status(data_dir, json, out);
        if (!terminal && !json)
            fputs("\n", out);
        fflush(out);
        poll(NULL, 0, AGAIN_MS);
    }
    return WW_STATUS_SILENT;
}
