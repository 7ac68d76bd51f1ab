/* What the HTTP client's files share. */
#ifndef WW_DOCKER_HTTP_INTERNAL_H
#define WW_DOCKER_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "core/base/buf.h"
#include "core/docker/http.h"

struct ww_http {
    CURLM *multi;
    char *base;   /* ww_host.base */
    char *text;   /* ww_host.text */
    char *socket; /* ww_host.socket */
    char *ca;     /* files; NULL: not there */
    char *cert;
    char *key;
    bool verify;
    int64_t due;
    void *arg;
    void (*watch)(void *arg, int fd, int events);
    void (*opened)(void *arg, int fd);
    struct ww_http_call *calls;
};

struct ww_http_call {
    struct ww_http *http;
    struct ww_http_get get;
    char *path; /* owned; get.path is the same */
    CURL *easy;
    bool opened; /* the head of the final answer has come */
    struct ww_buf body;
    struct ww_error error; /* of the callbacks */
    char detail[CURL_ERROR_SIZE];
    struct ww_http_call *prev;
    struct ww_http_call *next;
};

/* Options of one easy handle: where, how long, which certificates. */
CURLcode ww_http_setup(struct ww_http_call *call);

/* What curl says of a call that failed, as errno and text. Returns the errno. */
int ww_http_explain(const struct ww_http_call *call, CURLcode code, struct ww_error *err);

#endif
