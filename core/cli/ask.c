#include "core/cli/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/agent/process.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/cli/answerer.h"
#include "core/control/socket.h"
#include "core/docker/host.h"
#include "core/docker/http.h"
#include "core/docker/json.h"
#include "core/docker/source.h"

/* A program that works answers at once, but for a -clear of many thousand objects. */
#define ASK_TIMEOUT_MS 10000
#define ASK_DESCRIPTORS 4

struct asking {
    int socket; /* the last one, once more: which process is at its other end can be asked until it is closed; -1: none
                 */
    struct pollfd fds[ASK_DESCRIPTORS];
    nfds_t n;
    bool done;
    int rc;
    struct ww_reply *reply;
    struct ww_error *err;
};

static void ask_watch(void *arg, int fd, int events)
{
    struct asking *a = arg;
    nfds_t i = 0;
    while (i < a->n && a->fds[i].fd != fd)
        i++;
    if (!events && i < a->n)
        a->fds[i] = a->fds[--a->n];
    if (!events || i == ASK_DESCRIPTORS)
        return;
    if (i == a->n)
        a->n++;
    a->fds[i] = (struct pollfd){.fd = fd};
    a->fds[i].events = (short)((events & WW_IO_READ ? POLLIN : 0) | (events & WW_IO_WRITE ? POLLOUT : 0));
}

/* An answer may be there before a socket is watched. */
static void ask_opened(void *arg, int fd)
{
    struct asking *a = arg;
    if (a->socket >= 0)
        close(a->socket);
    a->socket = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void ask_done(void *arg, const struct ww_http_answer *answer)
{
    struct asking *a = arg;
    a->done = true;
    a->rc = answer->rc;
    if (answer->rc < 0) {
        *a->err = *answer->error;
        return;
    }
    a->reply->status = answer->status;
    ww_buf_add(&a->reply->body, answer->body, answer->len);
    if (!ww_buf_ok(&a->reply->body))
        a->rc = ww_fail(a->err, -ENOMEM, "out of memory");
}

static void ask_wait(struct ww_http *http, struct asking *a)
{
    while (!a->done) {
        int64_t due = ww_http_due(http);
        int64_t left = due < 0 ? -1 : (due - ww_clock_mono() + WW_NS_PER_MS - 1) / WW_NS_PER_MS;
        if (due >= 0 && left <= 0) {
            ww_http_timeout(http);
            continue;
        }
        struct pollfd fds[ASK_DESCRIPTORS];
        nfds_t n = a->n;
        memcpy(fds, a->fds, sizeof(fds));
        if (poll(fds, n, (int)left) <= 0)
            continue;
        for (nfds_t i = 0; i < n && !a->done; i++) {
            int ready = (fds[i].revents & ~POLLOUT ? WW_IO_READ : 0) | (fds[i].revents & ~POLLIN ? WW_IO_WRITE : 0);
            if (fds[i].revents)
                ww_http_ready(http, fds[i].fd, ready);
        }
    }
}

static int ask(const struct ww_http_options *options, const struct ww_http_get *get, struct asking *a)
{
    struct ww_http *http = NULL;
    struct ww_http_call *call;
    int rc = ww_http_new(options, &http, a->err);
    if (rc == 0)
        rc = ww_http_start(http, get, &call, a->err);
    if (rc == 0)
        ask_wait(http, a);
    ww_http_free(http);
    return rc < 0 ? rc : a->rc;
}

/* One with another data directory may be meant. */
static int ask_none(const char *dir, int code, struct ww_error *err)
{
    char other[256];
    ww_auto_free char *full = realpath(dir, NULL);
    pid_t pid = ww_process_find_running(other, sizeof(other));
    const char *shown = full ? full : dir;
    if (pid > 0 && strcmp(other, shown) != 0)
        return ww_fail(
            err, code,
            "no whalewall runs with the data directory '%.300s'; one (process %ld) runs with '%s': use -d %s", shown,
            (long)pid, other, other);
    return ww_fail(err, code, "no whalewall runs with the data directory '%.300s' (-d names another)", shown);
}

/* What it means that no program could be asked. */
static int ask_explain(const char *dir, int code, const struct ww_error *why, struct ww_error *err)
{
    unsigned user;
    switch (code) {
    case -ENOENT:
    case -ECONNREFUSED:
        return ask_none(dir, code, err);
    case -EACCES:
    case -EPERM:
        if (geteuid() == 0 && (user = (unsigned)setfsuid((uid_t)-1)) != 0)
            return ww_fail(
                err, -EACCES,
                "user %u, whose the data directory '%s' is, cannot get to it, and its files are used as that "
                "user: let it in, or give it to the user that whalewall runs as (chown)",
                user, dir);
        return ww_fail(err, -EACCES, "may not ask the whalewall of '%s': be root, or the user that it runs as", dir);
    case -ETIMEDOUT:
        return ww_fail(err, code, "the whalewall of '%s' does not answer", dir);
    default:
        return ww_fail(err, code, "cannot ask the whalewall of '%s': %s", dir, why->text);
    }
}

static int check_answerer(int fd, const char *data_dir, struct ww_error *err)
{
    struct ucred answerer;
    socklen_t len = sizeof(answerer);
    if (fd < 0) /* the second descriptor could not be had */
        errno = EMFILE;
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &answerer, &len) < 0)
        return ww_fail(err, -errno, "cannot tell which process answers at the control socket in '%.300s': %s", data_dir,
                       strerror(errno));
    return ww_answerer_check(&answerer, data_dir, err);
}

int ww_ask_program(const char *data_dir, const char *path, bool post, struct ww_reply *ret_reply, struct ww_error *err)
{
    char base[] = "http://localhost";
    char text[] = "the control socket";
    struct ww_error why = {0};
    struct ww_control_socket socket;
    *ret_reply = (struct ww_reply){0};
    struct asking a = {.socket = -1, .reply = ret_reply, .err = &why};
    ww_auto_close int dir = open(data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = dir < 0 ? ww_fail(&why, -errno, "%s", strerror(errno))
                     : ww_control_socket_address(data_dir, dir, &socket.addr, &why);
    if (rc == 0) {
        struct ww_host host = {.text = text, .socket = socket.addr.sun_path, .base = base};
        struct ww_http_options options = {.host = &host, .arg = &a, .watch = ask_watch, .opened = ask_opened};
        struct ww_http_get get = {.path = path,
                                  .post = post,
                                  .timeout_ms = ASK_TIMEOUT_MS,
                                  .connect_ms = ASK_TIMEOUT_MS,
                                  .limit = WW_LIMIT_ANSWER_BYTES,
                                  .arg = &a,
                                  .done = ask_done};
        rc = ask(&options, &get, &a);
    }
    ww_auto_close int answered = a.socket;
    if (rc < 0)
        return ask_explain(data_dir, rc, &why, err);
    return post ? 0 : check_answerer(answered, data_dir, err);
}

int ww_ask_engine(const struct ww_ask_engine *engine, const char *path, struct ww_reply *ret_reply,
                  struct ww_error *err)
{
    struct ww_host host = {0};
    *ret_reply = (struct ww_reply){0};
    struct asking a = {.socket = -1, .reply = ret_reply, .err = err};
    int rc = ww_host_parse(engine->host, engine->cert_path || engine->tls_verify, &host, err);
    if (rc < 0)
        return rc;
    struct ww_http_options options = {
        .host = &host, .cert_path = engine->cert_path, .verify = engine->tls_verify, .arg = &a, .watch = ask_watch};
    struct ww_http_get get = {.path = path,
                              .timeout_ms = ASK_TIMEOUT_MS,
                              .connect_ms = ASK_TIMEOUT_MS,
                              .limit = WW_LIMIT_ANSWER_BYTES,
                              .arg = &a,
                              .done = ask_done};
    rc = ask(&options, &get, &a);
    ww_host_done(&host);
    return rc;
}

int ww_reply_error(const struct ww_reply *reply, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    const char *text = NULL;
    const char *body = reply->body.data ? reply->body.data : "";
    if (ww_json_parse(body, reply->body.len, &json, NULL) == 0 && cJSON_IsObject(json))
        ww_json_text(json, "error", &text, NULL);
    if (text && (reply->status == 400 || reply->status == 404 || reply->status == 503))
        return ww_fail(err, -EREMOTEIO, "%.300s", text);
    return ww_fail(err, -EREMOTEIO, "whalewall answers with status %ld%s%.300s", reply->status, text ? ": " : "",
                   text ? text : "");
}
