/* One session with the engine: its version is asked for, then the stream of events is opened. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/docker/source_internal.h"

#define SESSION_VERSION_BYTES (1024 * 1024)

/* {"type":["container","network","service"]} */
#define SESSION_FILTERS "%7B%22type%22%3A%5B%22container%22%2C%22network%22%2C%22service%22%5D%7D"

/* "1.41" as a number that can be compared; 0 when it is none. */
static unsigned long session_api_number(const char *text)
{
    char *end;
    if (text[0] < '1' || text[0] > '9')
        return 0;
    unsigned long major = strtoul(text, &end, 10);
    if (*end != '.' || end[1] < '0' || end[1] > '9' || major > 999)
        return 0;
    unsigned long minor = strtoul(end + 1, &end, 10);
    return *end || minor > 999999 ? 0 : major * 1000000 + minor;
}

static int session_choose_option(const struct ww_source *s, const struct ww_engine_version *v, const char **ret_api,
                                 struct ww_error *err)
{
    unsigned long wanted = session_api_number(s->api_option);
    if (wanted > session_api_number(v->api))
        return ww_fail(err, -EPROTO, "DOCKER_API_VERSION is %s, but the engine speaks %s at most", s->api_option,
                       v->api);
    if (wanted < session_api_number(v->min_api))
        return ww_fail(err, -EPROTO, "DOCKER_API_VERSION is %s, but the engine speaks %s at least", s->api_option,
                       v->min_api);
    *ret_api = s->api_option;
    return 0;
}

/* The version to speak. */
static int session_choose(struct ww_source *s, const struct ww_engine_version *v, const char **ret_api,
                          struct ww_error *err)
{
    if (!session_api_number(v->api))
        return ww_fail(err, -EPROTO, "the engine does not say which API version it speaks");
    if (s->api_option)
        return session_choose_option(s, v, ret_api, err);
    unsigned long highest = session_api_number(WW_API_HIGHEST);
    if (session_api_number(v->min_api) > highest) {
        ww_notices_add(
            &s->notices, WW_WARN,
            "the engine speaks API %s at least, which is newer than the %s that this program was tested with",
            v->min_api, WW_API_HIGHEST);
        *ret_api = v->min_api;
        return 0;
    }
    *ret_api = session_api_number(v->api) < highest ? v->api : WW_API_HIGHEST;
    return 0;
}

static void session_on_open(void *arg)
{
    struct ww_source *s = arg;
    s->head_due = 0;
    s->subscribed = true;
}

static int session_on_events(void *arg, const char *data, size_t len, struct ww_error *err)
{
    struct ww_source *s = arg;
    int rc = ww_lines_feed(&s->lines, data, len, ww_event_take, s, err);
    return rc == -EMSGSIZE ? ww_context(err, "the stream of events") : rc;
}

static int session_refused(const char *what, const struct ww_http_answer *answer, struct ww_error *err)
{
    char message[256];
    ww_decode_message(answer->body, answer->len, message, sizeof(message));
    return ww_fail(err, -EPROTO, "%s: status %ld%s%s", what, answer->status, message[0] ? ": " : "", message);
}

/* The stream never ends by itself while the engine is there. */
static void session_stream_done(void *arg, const struct ww_http_answer *answer)
{
    struct ww_source *s = arg;
    struct ww_error err = {0};
    s->session = NULL;
    if (answer->rc < 0 && answer->rc != -EPIPE)
        err = *answer->error;
    else if (answer->status != 200)
        session_refused("the engine refuses to send events", answer, &err);
    else if (ww_lines_is_open(&s->lines))
        ww_fail(&err, -EPIPE, "the stream of events ended within a line");
    else
        ww_fail(&err, -EPIPE, "the engine ended the stream of events");
    ww_source_break(s, &err);
}

static int session_subscribe(struct ww_source *s, struct ww_error *err)
{
    char path[192];
    int len = snprintf(path, sizeof(path), "%s/events?filters=%s", s->prefix, SESSION_FILTERS);
    if (s->since > 0)
        snprintf(path + len, sizeof(path) - (size_t)len, "&since=%lld.%09lld", (long long)(s->since / WW_NS_PER_S),
                 (long long)(s->since % WW_NS_PER_S));
    struct ww_http_get get = {
        .path = path,
        .connect_ms = s->timeout_ms,
        .limit = WW_LIMIT_EVENT_BYTES,
        .arg = s,
        .done = session_stream_done,
        .open = session_on_open,
        .data = session_on_events,
    };
    ww_lines_reset(&s->lines);
    s->head_due = ww_clock_mono() + s->timeout_ms * WW_NS_PER_MS;
    return ww_http_start(s->http, &get, &s->session, err);
}

static int session_take_version(struct ww_source *s, const struct ww_http_answer *answer, struct ww_error *err)
{
    struct ww_engine_version v;
    const char *api = NULL;
    if (answer->rc < 0) {
        *err = *answer->error;
        return answer->rc;
    }
    if (answer->status != 200)
        return session_refused("the engine refuses to say its version", answer, err);
    int rc = ww_decode_version(answer->body, answer->len, &v, err);
    if (rc < 0)
        return ww_context(err, "the answer to GET /version");
    rc = session_choose(s, &v, &api, err);
    if (rc < 0)
        return rc;
    snprintf(s->prefix, sizeof(s->prefix), "/v%s", api);
    snprintf(s->engine, sizeof(s->engine), "%s, API %s", v.engine, api);
    return session_subscribe(s, err);
}

static void session_version_done(void *arg, const struct ww_http_answer *answer)
{
    struct ww_source *s = arg;
    struct ww_error err = {0};
    s->session = NULL;
    if (session_take_version(s, answer, &err) < 0)
        ww_source_break(s, &err);
}

void ww_session_connect(struct ww_source *s)
{
    struct ww_error err = {0};
    struct ww_http_get get = {
        .path = "/version",
        .timeout_ms = s->timeout_ms,
        .connect_ms = s->timeout_ms,
        .limit = SESSION_VERSION_BYTES,
        .arg = s,
        .done = session_version_done,
    };
    s->retry_due = 0;
    if (ww_http_start(s->http, &get, &s->session, &err) < 0)
        ww_source_break(s, &err);
}

void ww_session_end(struct ww_source *s)
{
    ww_http_cancel(s->session);
    s->session = NULL;
    s->subscribed = false;
    s->head_due = 0;
    s->synced_at = 0;
    s->engine[0] = '\0';
    ww_lines_reset(&s->lines);
}
