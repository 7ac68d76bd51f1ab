/* Asking the running program, over its control socket; and the engine. */
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

/* The engine; NULL: as the Docker client has it without. */
struct ww_ask_engine {
    const char *host; /* DOCKER_HOST */
    const char *cert_path;
    bool tls_verify;
};

/* GET the path at the engine. *ret_reply as above. -errno, with a text that says why. */
int ww_ask_engine(const struct ww_ask_engine *engine, const char *path, struct ww_reply *ret_reply,
                  struct ww_error *err);

/* The error that a reply other than 200 carries. Returns -EREMOTEIO. */
int ww_reply_error(const struct ww_reply *reply, struct ww_error *err);

#endif
