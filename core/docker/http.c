#include "core/docker/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/docker/http_internal.h"
#include "core/docker/source.h"

/* Connections that are kept for the next request: a burst's others are closed after it. */
#define HTTP_IDLE_CONNECTIONS 8L

static int http_on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    (void)easy;
    (void)socket_arg;
    const struct ww_http *http = arg;
    int events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= WW_IO_READ;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= WW_IO_WRITE;
    http->watch(http->arg, fd, events);
    return 0;
}

static int http_on_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct ww_http *http = arg;
    http->due = ms < 0 ? -1 : ww_clock_mono() + ms * WW_NS_PER_MS;
    return 0;
}

static int http_set_up_multi(struct ww_http *http, struct ww_error *err)
{
    http->multi = curl_multi_init();
    if (!http->multi || curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, http_on_socket) ||
        curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) ||
        curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, http_on_timer) ||
        curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) ||
        curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, HTTP_IDLE_CONNECTIONS))
        return ww_fail(err, -ENOMEM, "out of memory");
    return 0;
}

/* NULL (and 0) when there is no such file. */
static int http_certificate(const char *folder, const char *name, char **ret_path, struct ww_error *err)
{
    char *path = NULL;
    if (!folder)
        return 0;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return ww_fail(err, -ENOMEM, "out of memory");
    if (access(path, F_OK) == 0)
        *ret_path = ww_take(path);
    free(path);
    return 0;
}

static int http_set_up(struct ww_http *http, const struct ww_http_options *options, struct ww_error *err)
{
    const struct ww_host *host = options->host;
    http->base = strdup(host->base);
    http->text = strdup(host->text);
    http->socket = host->socket ? strdup(host->socket) : NULL;
    if (!http->base || !http->text || (host->socket && !http->socket))
        return ww_fail(err, -ENOMEM, "out of memory");
    int rc = http_certificate(options->cert_path, "ca.pem", &http->ca, err);
    if (rc == 0)
        rc = http_certificate(options->cert_path, "cert.pem", &http->cert, err);
    if (rc == 0)
        rc = http_certificate(options->cert_path, "key.pem", &http->key, err);
    return rc < 0 ? rc : http_set_up_multi(http, err);
}

int ww_http_new(const struct ww_http_options *options, struct ww_http **ret_http, struct ww_error *err)
{
    struct ww_http *http = calloc(1, sizeof(*http));
    if (!http)
        return ww_fail(err, -ENOMEM, "out of memory");
    http->due = -1;
    http->verify = options->verify;
    http->arg = options->arg;
    http->watch = options->watch;
    http->opened = options->opened;
    int rc = http_set_up(http, options, err);
    if (rc < 0) {
        ww_http_free(http);
        return rc;
    }
    *ret_http = http;
    return 0;
}

void ww_http_free(struct ww_http *http)
{
    if (!http)
        return;
    while (http->calls)
        ww_http_cancel(http->calls);
    if (http->multi)
        curl_multi_cleanup(http->multi);
    char *const strings[] = {http->base, http->text, http->socket, http->ca, http->cert, http->key};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        free(strings[i]);
    free(http);
}

/* Everything of a call that is not (or no longer) in the client's list. */
static void http_call_free(struct ww_http_call *call)
{
    if (call->easy)
        curl_easy_cleanup(call->easy);
    ww_buf_done(&call->body);
    free(call->path);
    free(call);
}

static void http_call_detach(struct ww_http_call *call)
{
    DL_DELETE(call->http->calls, call);
    curl_multi_remove_handle(call->http->multi, call->easy);
}

static long http_status(const struct ww_http_call *call)
{
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): curl's type */
static size_t http_on_head(char *data, size_t size, size_t n, void *arg)
{
    struct ww_http_call *call = arg;
    size_t len = size * n;
    bool end = len && (data[0] == '\r' || data[0] == '\n');
    if (!end || call->opened || http_status(call) < 200)
        return len;
    call->opened = true;
    if (call->get.open && http_status(call) == 200)
        call->get.open(call->get.arg);
    return len;
}

static size_t http_on_data(char *data, size_t size, size_t n, void *arg)
{
    struct ww_http_call *call = arg;
    size_t len = size * n;
    if (call->get.data && http_status(call) == 200)
        return call->get.data(call->get.arg, data, len, &call->error) < 0 ? 0 : len;
    if (len > call->get.limit - call->body.len) {
        ww_fail(&call->error, -EMSGSIZE, "the answer to GET %s has more than %zu bytes", call->get.path,
                call->get.limit);
        return 0;
    }
    ww_buf_add(&call->body, data, len);
    if (ww_buf_ok(&call->body))
        return len;
    ww_fail(&call->error, -ENOMEM, "out of memory");
    return 0;
}

static CURLcode http_set_up_call(struct ww_http_call *call)
{
    CURLcode rc = ww_http_setup(call);
    if (!rc)
        rc = curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, http_on_head);
    if (!rc)
        rc = curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
    if (!rc)
        rc = curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, http_on_data);
    if (!rc)
        rc = curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
    if (!rc)
        rc = curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
    return rc;
}

int ww_http_start(struct ww_http *http, const struct ww_http_get *get, struct ww_http_call **ret_call,
                  struct ww_error *err)
{
    struct ww_http_call *call = calloc(1, sizeof(*call));
    if (!call)
        return ww_fail(err, -ENOMEM, "out of memory");
    call->http = http;
    call->get = *get;
    call->path = strdup(get->path);
    call->get.path = call->path;
    call->easy = curl_easy_init();
    CURLcode code = call->easy && call->path ? http_set_up_call(call) : CURLE_OUT_OF_MEMORY;
    if (code) {
        http_call_free(call);
        return ww_fail(err, code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL, "GET %s: %s", get->path,
                       curl_easy_strerror(code));
    }
    DL_APPEND(http->calls, call);
    if (curl_multi_add_handle(http->multi, call->easy)) {
        DL_DELETE(http->calls, call);
        http_call_free(call);
        return ww_fail(err, -ENOMEM, "out of memory");
    }
    *ret_call = call;
    return 0;
}

void ww_http_cancel(struct ww_http_call *call)
{
    if (!call)
        return;
    http_call_detach(call);
    http_call_free(call);
}

static void http_finish(struct ww_http_call *call, CURLcode code)
{
    struct ww_error err = {0};
    struct ww_http_answer answer = {.status = http_status(call), .body = call->body.data, .len = call->body.len};
    if (code) {
        answer.rc = ww_http_explain(call, code, &err);
        answer.error = &err;
    }
    if (!answer.body)
        answer.body = "";
    http_call_detach(call);
    call->get.done(call->get.arg, &answer);
    http_call_free(call);
}

static void http_reap(struct ww_http *http)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(http->multi, &left))) {
        struct ww_http_call *call = NULL;
        if (message->msg == CURLMSG_DONE && !curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call))
            http_finish(call, message->data.result);
    }
}

void ww_http_ready(struct ww_http *http, int fd, int events)
{
    int mask = 0;
    int running;
    if (events & WW_IO_READ)
        mask |= CURL_CSELECT_IN;
    if (events & WW_IO_WRITE)
        mask |= CURL_CSELECT_OUT;
    curl_multi_socket_action(http->multi, fd, mask, &running);
    http_reap(http);
}

void ww_http_timeout(struct ww_http *http)
{
    int running;
    http->due = -1;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    http_reap(http);
}

int64_t ww_http_due(const struct ww_http *http)
{
    return http->due;
}
