/* Asking the running program, over its control socket. */
#ifndef WW_CLI_ASK_H
#define WW_CLI_ASK_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/error.h"

struct ww_reply {
    long status;        /* of HTTP */
    struct ww_buf body; /* the caller's, also after an error */
};

/*
 * GET (or POST) the path at the program that runs with this data directory. -ENOENT or -ECONNREFUSED: none does;
 * -EACCES: it is not for us; -ETIMEDOUT: it does not answer; or another negative errno. The text says so.
 */
int ww_ask_program(const char *data_dir, const char *path, bool post, struct ww_reply *ret_reply, struct ww_error *err);

/* The error that a reply other than 200 carries. Returns -EREMOTEIO. */
int ww_reply_error(const struct ww_reply *reply, struct ww_error *err);

#endif
