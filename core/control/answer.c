#include "core/control/answer.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/control/metrics_write.h"
#include "core/control/status_write.h"
#include "core/control/writer.h"

static void answer_status(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request)
{
    (void)request;
    struct ww_status status = {0};
    struct ww_error err = {0};
    if (ops->status(ops->arg, &status, &err) < 0) {
        ww_answer_error(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, err.text);
    } else {
        answer->status = MHD_HTTP_OK;
        ww_status_write(&status, &answer->body);
    }
    ww_status_done(&status);
}

static unsigned fault_status(int code)
{
    if (code == -EINVAL)
        return MHD_HTTP_BAD_REQUEST;
    if (code == -EAGAIN)
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    return code == -ENOENT ? MHD_HTTP_NOT_FOUND : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void answer_explain(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request)
{
    struct ww_explain_question question = {.from = request->value(request->arg, "from"),
                                           .to = request->value(request->arg, "to"),
                                           .what = request->value(request->arg, "what")};
    struct ww_explanation explanation = {0};
    struct ww_error err = {0};
    int rc = ops->explain(ops->arg, &question, &explanation, &err);
    if (rc < 0) {
        ww_answer_error(answer, fault_status(rc), err.text);
    } else {
        answer->status = MHD_HTTP_OK;
        ww_explanation_write(&explanation, &answer->body);
    }
    ww_explanation_done(&explanation);
}

static void answer_show(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request)
{
    struct ww_show show = {0};
    struct ww_error err = {0};
    int rc = ops->show(ops->arg, request->value(request->arg, "container"), &show, &err);
    if (rc < 0) {
        ww_answer_error(answer, fault_status(rc), err.text);
    } else {
        answer->status = MHD_HTTP_OK;
        ww_show_write(&show, &answer->body);
    }
    ww_show_done(&show);
}

/* Decimal digits; -EINVAL. */
static int read_since(const char *text, uint64_t *ret_since, struct ww_error *err)
{
    char *end = NULL;
    errno = 0;
    unsigned long long since = text ? strtoull(text, &end, 10) : 0;
    if (text && (*text < '0' || *text > '9' || *end || errno))
        return ww_fail(err, -EINVAL, "'since' is the number that an answer has as 'next'");
    *ret_since = since;
    return 0;
}

static void answer_drops(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request)
{
    struct ww_drops_answer drops = {0};
    struct ww_error err = {0};
    uint64_t since = 0;
    int rc = read_since(request->value(request->arg, "since"), &since, &err);
    if (rc == 0)
        rc = ops->drops(ops->arg, request->value(request->arg, "container"), since, &drops, &err);
    if (rc < 0) {
        ww_answer_error(answer, fault_status(rc), err.text);
    } else {
        answer->status = MHD_HTTP_OK;
        ww_drops_answer_write(&drops, &answer->body);
    }
    ww_drops_answer_done(&drops);
}

static void answer_enforced(struct ww_answer *answer, const struct ww_control_ops *ops,
                            const struct ww_request *request)
{
    struct ww_enforced enforced = {0};
    struct ww_error err = {0};
    int rc = ops->enforced(ops->arg, request->value(request->arg, "after"), &enforced, &err);
    if (rc < 0) {
        ww_answer_error(answer, fault_status(rc), err.text);
    } else {
        answer->status = MHD_HTTP_OK;
        ww_enforced_write(&enforced, &answer->body);
    }
    ww_enforced_done(&enforced);
}

static void answer_events(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request)
{
    struct ww_events_answer events = {0};
    struct ww_error err = {0};
    uint64_t since = 0;
    int rc = read_since(request->value(request->arg, "since"), &since, &err);
    if (rc == 0)
        rc = ops->events(ops->arg, since, &events, &err);
    if (rc < 0) {
        ww_answer_error(answer, fault_status(rc), err.text);
    } else {
        answer->status = MHD_HTTP_OK;
        ww_events_answer_write(&events, &answer->body);
    }
    ww_events_answer_done(&events);
}

static void answer_suggest(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request)
{
    struct ww_suggestion suggestion = {0};
    struct ww_error err = {0};
    int rc = ops->suggest(ops->arg, request->value(request->arg, "container"), &suggestion, &err);
    if (rc < 0) {
        ww_answer_error(answer, fault_status(rc), err.text);
    } else {
        answer->status = MHD_HTTP_OK;
        ww_suggestion_write(&suggestion, &answer->body);
    }
    ww_suggestion_done(&suggestion);
}

static void answer_clear(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request)
{
    (void)request;
    struct ww_error err = {0};
    struct ww_writer w = {.out = &answer->body};
    int removed = ops->clear(ops->arg, &err);
    if (removed < 0) {
        ww_answer_error(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, err.text);
        return;
    }
    answer->status = MHD_HTTP_OK;
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", WW_STATUS_FORMAT);
    ww_write_number(&w, "removed", removed);
    ww_write_number(&w, "pid", getpid()); /* for clients that wait for its end */
    ww_write_close(&w, '}');
    ww_buf_str(&answer->body, "\n");
}

static void answer_metrics(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request)
{
    (void)request;
    struct ww_error err = {0};
    if (ops->metrics(ops->arg, &answer->body, &err) < 0) {
        ww_buf_reset(&answer->body);
        ww_answer_error(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, err.text);
        return;
    }
    answer->status = MHD_HTTP_OK;
    answer->type = WW_METRICS_TYPE;
}

#define ROOT "/v1/"

static const struct {
    const char *method;
    const char *path;
    void (*answer)(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request);
} requests[] = {
    {"GET", ROOT "status", answer_status},     {"GET", ROOT "explain", answer_explain},
    {"GET", ROOT "show", answer_show},         {"GET", ROOT "drops", answer_drops},
    {"GET", ROOT "enforced", answer_enforced}, {"GET", ROOT "events", answer_events},
    {"GET", ROOT "suggest", answer_suggest},   {"POST", ROOT "clear", answer_clear},
    {"GET", ROOT "metrics", answer_metrics},
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

void ww_answer_error(struct ww_answer *answer, unsigned status, const char *text)
{
    struct ww_writer w = {.out = &answer->body};
    answer->status = status;
    snprintf(answer->why, sizeof(answer->why), "%s", text);
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", WW_STATUS_FORMAT);
    ww_write_text(&w, "error", text);
    ww_write_close(&w, '}');
    ww_buf_str(&answer->body, "\n");
}

void ww_answer_questions(struct ww_buf *out)
{
    for (size_t i = 0; i < REQUESTS; i++)
        ww_buf_fmt(out, "%s %s", i ? "," : "", requests[i].path + strlen(ROOT));
}

static void answer_unknown(struct ww_answer *answer)
{
    struct ww_buf text = {0};
    ww_buf_str(&text, "there is no such path; there are:");
    for (size_t i = 0; i < REQUESTS; i++)
        ww_buf_fmt(&text, "%s %s %s", i ? "," : "", requests[i].method, requests[i].path);
    answer->unknown = true;
    ww_answer_error(answer, MHD_HTTP_NOT_FOUND, ww_buf_ok(&text) ? text.data : "there is no such path");
    ww_buf_done(&text);
}

void ww_answer(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        if (strcmp(request->path, requests[i].path) != 0)
            continue;
        if (strcmp(request->method, requests[i].method) == 0) {
            requests[i].answer(answer, ops, request);
            return;
        }
        answer->allow = requests[i].method;
        ww_answer_error(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "this path takes another method");
        return;
    }
    answer_unknown(answer);
}
