/* HTTP to the engine: libcurl's multi interface, driven by the host's loop. Never blocks. */
#ifndef WW_DOCKER_HTTP_H
#define WW_DOCKER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/docker/host.h"

/* Strings need to live during ww_http_new only. */
struct ww_http_options {
    const struct ww_host *host;
    const char *cert_path; /* folder of ca.pem, cert.pem, key.pem; NULL: none */
    bool verify;           /* the engine's certificate and name */
    /* As in struct ww_source_io. */
    void *arg;
    void (*watch)(void *arg, int fd, int events);
    void (*opened)(void *arg, int fd); /* a socket was made, and is connected next; NULL: nothing is told */
};

struct ww_http;
struct ww_http_call;

/* How a call ended. */
struct ww_http_answer {
    int rc;      /* 0: there is an answer; else the negative errno of `error` */
    long status; /* of HTTP */
    const char *body;
    size_t len;
    const struct ww_error *error; /* when rc < 0 */
};

/* One GET, or a POST without a body. The path needs to live during ww_http_start only. */
struct ww_http_get {
    const char *path; /* with the leading slash, escaped */
    bool post;
    int64_t timeout_ms; /* for all of it; 0: none but for connecting (a stream) */
    int64_t connect_ms; /* for connecting */
    size_t limit;       /* bytes of the answer's body that is kept */
    void *arg;
    /* Once, at the end; the call is gone afterwards. May start other calls, and cancel any call but this one. */
    void (*done)(void *arg, const struct ww_http_answer *answer);
    /* A stream (else NULL): the head of a 200 answer has come; and its bytes, which are not kept. These two must not
     * start or cancel calls. Less than 0 ends the call with that error. */
    void (*open)(void *arg);
    int (*data)(void *arg, const char *data, size_t len, struct ww_error *err);
};

/* -ENOMEM. */
int ww_http_new(const struct ww_http_options *options, struct ww_http **ret_http, struct ww_error *err);
/* Ends all calls without calling done. */
void ww_http_free(struct ww_http *http);

/* -ENOMEM. */
int ww_http_start(struct ww_http *http, const struct ww_http_get *get, struct ww_http_call **ret_call,
                  struct ww_error *err);
/* End it without calling done. NULL is a no-op. */
void ww_http_cancel(struct ww_http_call *call);

void ww_http_ready(struct ww_http *http, int fd, int events);
void ww_http_timeout(struct ww_http *http);
/* When to call ww_http_timeout, on the monotonic clock; -1: not needed. It may change whenever a function here is
 * called. */
int64_t ww_http_due(const struct ww_http *http);

/*
 * Check the folder of certificates: -EINVAL, with the file, when one that is needed cannot be read. cert.pem and
 * key.pem go together; both may be missing. ca.pem is needed to verify.
 */
int ww_http_check_certificates(const char *path, bool verify, struct ww_error *err);

#endif
