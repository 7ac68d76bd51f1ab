#include "core/docker/source.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/docker/source_internal.h"

#define SOURCE_TIMEOUT_MS 10000
#define SOURCE_BACKOFF_FIRST_MS 50
#define SOURCE_BACKOFF_LAST_MS 5000
#define SOURCE_BACKOFF_LOCAL_MS 500 /* asking a socket of this machine costs nothing, and guarded networks wait */
/* A session that lasted this long was a good one: the next loss begins with the shortest wait again. */
#define SOURCE_STABLE_NS (5 * WW_NS_PER_S)
/* A notice is repeated when it did not come up for this long, and two time-outs. */
#define SOURCE_NOTICE_NS (60 * WW_NS_PER_S)

/* "1.41", "v1.41". */
static int source_take_api(struct ww_source *s, const char *text, struct ww_error *err)
{
    if (!text || !text[0])
        return 0;
    const char *number = text[0] == 'v' ? text + 1 : text;
    size_t major = strspn(number, "0123456789");
    size_t minor = number[major] == '.' ? strspn(number + major + 1, "0123456789") : 0;
    if (!major || major > 3 || !minor || minor > 4 || number[major + 1 + minor] || number[0] == '0')
        return ww_fail(err, -EINVAL, "DOCKER_API_VERSION '%s' is not a version like 1.41", text);
    s->api_option = strdup(number);
    return s->api_option ? 0 : ww_fail(err, -ENOMEM, "out of memory");
}

static void source_watch(void *arg, int fd, int events)
{
    const struct ww_source *s = arg;
    s->io.watch(s->io.arg, fd, events);
}

static int source_set_up_http(struct ww_source *s, const struct ww_source_options *options, struct ww_error *err)
{
    const char *cert = options->cert_path && options->cert_path[0] ? options->cert_path : NULL;
    int rc = ww_host_parse(options->host, cert || options->tls_verify, &s->host, err);
    if (rc < 0)
        return rc;
    if (!s->host.tls)
        cert = NULL;
    bool verify = options->tls_verify || !cert;
    rc = cert ? ww_http_check_certificates(cert, verify, err) : 0;
    if (rc < 0)
        return rc;
    if (s->host.tls && !verify)
        ww_notices_add(
            &s->notices, WW_WARN,
            "the connection to %s is encrypted, but the other end will not be verified: set DOCKER_TLS_VERIFY",
            s->host.text);
    struct ww_http_options http = {
        .host = &s->host, .cert_path = cert, .verify = verify, .arg = s, .watch = source_watch};
    return ww_http_new(&http, &s->http, err);
}

int ww_source_new(const struct ww_source_options *options, const struct ww_source_io *io, struct ww_world *world,
                  struct ww_source **ret_source, struct ww_error *err)
{
    struct ww_source *s = calloc(1, sizeof(*s));
    if (!s)
        return ww_fail(err, -ENOMEM, "out of memory");
    s->io = *io;
    s->world = world;
    s->armed = -1;
    s->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : SOURCE_TIMEOUT_MS;
    s->since = options->since_ns > 0 ? options->since_ns : 0;
    s->backoff_ms = SOURCE_BACKOFF_FIRST_MS;
    s->lines.limit = WW_LIMIT_EVENT_BYTES;
    s->notices.memory_ns = SOURCE_NOTICE_NS + 2 * s->timeout_ms * WW_NS_PER_MS;
    int rc = source_take_api(s, options->api_version, err);
    if (rc == 0)
        rc = source_set_up_http(s, options, err);
    if (rc < 0) {
        ww_source_free(s);
        return rc;
    }
    *ret_source = s;
    return 0;
}

void ww_source_free(struct ww_source *s)
{
    if (!s)
        return;
    ww_asks_clear(s);
    if (s->http)
        ww_session_end(s);
    ww_http_free(s->http);
    ww_listing_end(s);
    ww_lines_done(&s->lines);
    ww_notices_done(&s->notices);
    ww_host_done(&s->host);
    free(s->api_option);
    free(s);
}

void ww_source_break(struct ww_source *s, const struct ww_error *err)
{
    if (!s->fault.code)
        s->fault = *err;
}

/* The session is over: the world stays as it is; connect again after a while. */
static void source_go_away(struct ww_source *s, int64_t now)
{
    if (s->synced_at && now - s->synced_at >= SOURCE_STABLE_NS)
        s->backoff_ms = SOURCE_BACKOFF_FIRST_MS;
    if (ww_notices_add(&s->notices, WW_ERROR, "the Docker engine is away, trying again: %s", s->fault.text))
        s->away_told = true;
    s->fault = (struct ww_error){0};
    s->state = WW_SOURCE_AWAY;
    ww_asks_clear(s);
    ww_listing_end(s);
    ww_session_end(s);
    s->resync_due = 0;
    s->retry_due = now + s->backoff_ms * WW_NS_PER_MS;
    int64_t last = s->host.socket ? SOURCE_BACKOFF_LOCAL_MS : SOURCE_BACKOFF_LAST_MS;
    s->backoff_ms = s->backoff_ms * 2 < last ? s->backoff_ms * 2 : last;
}

static void source_synced(struct ww_source *s, int64_t now)
{
    bool again = s->listing.again;
    ww_listing_end(s);
    if (!s->synced_at)
        s->synced_at = now;
    s->state = WW_SOURCE_SYNCED;
    s->generation++;
    if (s->away_told)
        ww_notices_add(&s->notices, WW_INFO, "the Docker engine is back: %s", s->engine);
    s->away_told = false;
    if (again)
        ww_listing_begin(s);
}

/* What is due by now. */
static void source_check_time(struct ww_source *s, int64_t now)
{
    if (s->head_due && now >= s->head_due) {
        struct ww_error err;
        ww_fail(&err, -ETIMEDOUT, "the engine did not open the stream of events in time");
        ww_source_break(s, &err);
    }
    if (s->retry_due && now >= s->retry_due)
        ww_session_connect(s);
    if (s->resync_due && now >= s->resync_due)
        ww_listing_begin(s);
}

static int64_t source_earlier(int64_t a, int64_t b)
{
    if (a <= 0)
        return b;
    return b > 0 && b < a ? b : a;
}

static void source_arm(struct ww_source *s)
{
    int64_t due = ww_http_due(s->http);
    due = source_earlier(due, s->head_due);
    due = source_earlier(due, s->retry_due);
    due = source_earlier(due, s->resync_due);
    due = source_earlier(due, ww_asks_due(s));
    if (due <= 0)
        due = -1;
    if (due == s->armed)
        return;
    s->armed = due;
    int64_t left = due < 0 ? -1 : (due - ww_clock_mono() + WW_NS_PER_MS - 1) / WW_NS_PER_MS;
    s->io.timer(s->io.arg, due < 0 || left > 0 ? left : 0);
}

/* After anything happened: draw the conclusions, outside of curl's callbacks. */
static void source_step(struct ww_source *s)
{
    int64_t now = ww_clock_mono();
    source_check_time(s, now);
    if (s->subscribed && !s->fault.code) {
        s->subscribed = false;
        s->state = WW_SOURCE_LISTING;
        ww_listing_begin(s);
    }
    if (!s->fault.code && ww_listing_is_complete(s))
        source_synced(s, now);
    if (!s->fault.code)
        ww_asks_dispatch(s, now);
    if (s->fault.code)
        source_go_away(s, now);
    source_arm(s);
}

void ww_source_start(struct ww_source *s)
{
    if (!s->session && !s->retry_due)
        ww_session_connect(s);
    source_step(s);
}

void ww_source_ready(struct ww_source *s, int fd, int events)
{
    ww_http_ready(s->http, fd, events);
    source_step(s);
}

void ww_source_timeout(struct ww_source *s)
{
    s->armed = -1;
    int64_t due = ww_http_due(s->http);
    if (due >= 0 && ww_clock_mono() >= due)
        ww_http_timeout(s->http);
    source_step(s);
}

void ww_source_resync(struct ww_source *s)
{
    if (s->state != WW_SOURCE_AWAY)
        ww_listing_begin(s);
    source_step(s);
}

void ww_source_ask_network(struct ww_source *s, const char *id, int64_t since)
{
    if (s->state != WW_SOURCE_AWAY && !ww_ask_is_under_way(s, WW_ASK_NETWORK, id, since))
        ww_ask(s, WW_ASK_NETWORK, id, false);
    source_step(s);
}

void ww_source_ask_process(struct ww_source *s, const char *id, int64_t since)
{
    if (s->state != WW_SOURCE_AWAY && !ww_ask_is_under_way(s, WW_ASK_PROCESS, id, since))
        ww_ask(s, WW_ASK_PROCESS, id, false);
    source_step(s);
}

enum ww_source_state ww_source_state(const struct ww_source *s)
{
    return s->state;
}

bool ww_source_answers(const struct ww_source *s)
{
    return s->state == WW_SOURCE_SYNCED && !s->asks.unanswered;
}

uint64_t ww_source_generation(const struct ww_source *s)
{
    return s->generation;
}

int64_t ww_source_last_event(const struct ww_source *s)
{
    return s->since;
}

const char *ww_source_engine(const struct ww_source *s)
{
    return s->engine;
}

bool ww_source_is_busy(const struct ww_source *s)
{
    return s->state != WW_SOURCE_SYNCED || s->listing.active || s->asks.by_key;
}

bool ww_source_take_notice(struct ww_source *s, struct ww_notice *ret_notice)
{
    return ww_notices_take(&s->notices, ret_notice);
}
