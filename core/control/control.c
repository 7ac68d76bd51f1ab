#include "core/control/control.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/control/answer.h"
#include "core/control/socket.h"

/* However long one answer took, those that wait get theirs within their time. */
#define REST_MAX_NS (500 * WW_NS_PER_MS)

/* One connection, from when it was accepted until it is closed. */
struct ww_visit {
    int fd; /* libmicrohttpd's */
    struct MHD_Connection *connection;
    int64_t due;
    bool ended;            /* shut down, for libmicrohttpd to notice */
    bool queued;           /* its request is answered when others had their turn */
    bool waits;            /* … and it is suspended until then */
    struct ww_visit *prev; /* in the order in which they are due */
    struct ww_visit *next;
};

struct ww_control {
    struct ww_control_ops ops;
    struct ww_control_socket socket;
    struct MHD_Daemon *daemon;
    int epoll;
    struct ww_visit *visits;
    int64_t rest_until; /* no answer is made before: ww_clock_mono() */
};

/* Mode 0600 lets no other user in; this holds where the file's mode was changed, or the descriptor was handed on. */
static bool visit_is_allowed(int fd)
{
    struct ucred client;
    socklen_t len = sizeof(client);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &client, &len) < 0)
        return false;
    return client.uid == 0 || client.uid == geteuid();
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **visit_slot,
                          enum MHD_ConnectionNotificationCode code)
{
    struct ww_control *c = arg;
    struct ww_visit *visit = *visit_slot;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        visit = calloc(1, sizeof(*visit));
        *visit_slot = visit;
        if (!visit)
            return; /* turned away at its request */
        visit->fd = info->connect_fd;
        visit->connection = connection;
        visit->due = ww_clock_mono() + WW_LIMIT_CONTROL_MS * WW_NS_PER_MS;
        DL_APPEND(c->visits, visit);
    } else if (visit) {
        DL_DELETE(c->visits, visit);
        free(visit);
        *visit_slot = NULL;
    }
}

static struct ww_visit *visit_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* A request's body is of no use here. */
static bool has_body(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return (length && strcmp(length, "0") != 0) ||
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static const char *value_of(void *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct ww_answer *answer)
{
    size_t len = answer->body.len;
    char *body = ww_buf_take(&answer->body);
    struct MHD_Response *response = body ? MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!response) {
        free(body);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type ? answer->type : "application/json");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (answer->allow)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
    enum MHD_Result rc = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return rc;
}

static struct ww_visit *first_queued(const struct ww_control *c)
{
    struct ww_visit *visit;
    DL_FOREACH (c->visits, visit) {
        if (visit->queued)
            return visit;
    }
    return NULL;
}

static bool must_wait(const struct ww_control *c, const struct ww_visit *visit)
{
    const struct ww_visit *first = first_queued(c);
    return ww_clock_mono() < c->rest_until || (first && first != visit);
}

/*
 * Answers are made on the host's loop, and one about a thousand containers takes milliseconds: however many ask, the
 * loop has most of its time for what else happens.
 */
static void answer_in_turn(struct ww_control *c, struct ww_answer *answer, const struct ww_request *asked)
{
    int64_t began = ww_clock_mono();
    ww_answer(answer, &c->ops, asked);
    int64_t now = ww_clock_mono();
    int64_t rest = (now - began) * WW_LIMIT_CONTROL_REST;
    if (now - began >= WW_NS_PER_MS)
        c->rest_until = now + (rest < REST_MAX_NS ? rest : REST_MAX_NS);
}

/* NOLINTBEGIN(readability-non-const-parameter): libmicrohttpd's type */
/* Called with the request's head, and once more when it had to wait for its turn. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *body, size_t *body_size, void **request)
{
    struct ww_control *c = arg;
    struct ww_visit *visit = visit_of(connection);
    const struct ww_request asked = {.method = method, .path = path, .value = value_of, .arg = connection};
    struct ww_answer answer = {0};
    (void)version;
    (void)body;
    (void)body_size;
    (void)request;
    if (!visit || visit->ended)
        return MHD_NO;
    if (!visit_is_allowed(visit->fd)) {
        ww_answer_error(&answer, MHD_HTTP_FORBIDDEN, "only root and the program's own user may ask");
    } else if (has_body(connection)) {
        ww_answer_error(&answer, MHD_HTTP_CONTENT_TOO_LARGE, "a request has no body here");
    } else if (must_wait(c, visit)) {
        visit->queued = visit->waits = true;
        MHD_suspend_connection(connection);
        return MHD_YES;
    } else {
        visit->queued = false;
        answer_in_turn(c, &answer, &asked);
    }
    enum MHD_Result rc = send_answer(connection, &answer);
    ww_buf_done(&answer.body);
    return rc;
}
/* NOLINTEND(readability-non-const-parameter) */

static int control_start(struct ww_control *c, struct ww_error *err)
{
    c->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, c, MHD_OPTION_LISTEN_SOCKET, c->socket.fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)WW_LIMIT_CONTROL_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(WW_LIMIT_CONTROL_MS / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WW_LIMIT_CONTROL_BYTES,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, c, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    if (!c->daemon)
        return ww_fail(err, -ENOMEM, "the control socket's server does not start");
    c->epoll = MHD_get_daemon_info(c->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return 0;
}

int ww_control_new(const char *dir, const struct ww_control_ops *ops, struct ww_control **ret_control,
                   struct ww_error *err)
{
    struct ww_control *c = calloc(1, sizeof(*c));
    if (!c)
        return ww_fail(err, -ENOMEM, "out of memory");
    c->ops = *ops;
    c->socket.fd = -1;
    int rc = ww_control_socket_listen(dir, &c->socket, err);
    if (rc == 0)
        rc = control_start(c, err);
    if (rc < 0) {
        ww_control_free(c);
        return rc;
    }
    *ret_control = c;
    return 0;
}

static void visit_resume(struct ww_visit *visit)
{
    if (visit->waits)
        MHD_resume_connection(visit->connection);
    visit->waits = false;
}

void ww_control_free(struct ww_control *c)
{
    if (!c)
        return;
    if (c->daemon) {
        struct ww_visit *visit;
        DL_FOREACH (c->visits, visit) {
            visit_resume(visit);
        }
        MHD_quiesce_daemon(c->daemon); /* the listening socket stays ours to close */
        MHD_stop_daemon(c->daemon);
    }
    ww_control_socket_close(&c->socket);
    free(c);
}

int ww_control_fd(const struct ww_control *c)
{
    return c->epoll;
}

/* The smaller of so many milliseconds (-1: never) and those until then. */
static int64_t sooner(int64_t ms, int64_t then)
{
    int64_t left = (then - ww_clock_mono() + WW_NS_PER_MS - 1) / WW_NS_PER_MS;
    left = left > 0 ? left : 0;
    return ms < 0 || left < ms ? left : ms;
}

int64_t ww_control_timeout(const struct ww_control *c)
{
    MHD_UNSIGNED_LONG_LONG theirs = 0;
    int64_t ms = MHD_get_timeout(c->daemon, &theirs) == MHD_YES ? (int64_t)theirs : -1;
    const struct ww_visit *visit;
    if (first_queued(c))
        ms = sooner(ms, c->rest_until);
    DL_FOREACH (c->visits, visit) {
        if (!visit->ended)
            return sooner(ms, visit->due);
    }
    return ms;
}

/* libmicrohttpd's own time-out begins anew with every byte. It closes what was shut down when it sees it. */
static void end_overdue(struct ww_control *c)
{
    int64_t now = ww_clock_mono();
    struct ww_visit *visit;
    DL_FOREACH (c->visits, visit) {
        if (visit->due > now)
            return;
        if (!visit->ended)
            shutdown(visit->fd, SHUT_RDWR);
        visit->ended = true;
        visit->queued = false;
        visit_resume(visit);
    }
}

static bool is_full(const struct ww_control *c)
{
    size_t n;
    const struct ww_visit *visit;
    DL_COUNT(c->visits, visit, n);
    return n >= WW_LIMIT_CONTROL_CONNECTIONS;
}

/* Listening stops while all connections are taken, and begins anew at the start of a run: when one has become free at
 * the end of a run, nothing else would wake us for clients that wait. */
void ww_control_run(struct ww_control *c)
{
    bool full;
    end_overdue(c);
    struct ww_visit *next = first_queued(c);
    if (next && ww_clock_mono() >= c->rest_until)
        visit_resume(next);
    do {
        full = is_full(c);
        MHD_run(c->daemon);
    } while (full && !is_full(c));
}

bool ww_control_is_busy(const struct ww_control *c)
{
    return c->visits != NULL;
}
