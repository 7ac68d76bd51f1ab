/* Questions to the engine: one for each object, the most urgent first, and asked again where one fails. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/docker/source_internal.h"

/* Container inspects block while the engine starts that container: these many requests are never theirs. */
#define ASKS_RESERVED 8

/* There may be one for each container that runs, and the engine has other things to do. */
#define ASKS_PROCESSES 4

#define ASKS_TRIES 4
#define ASKS_RETRY_MS 50 /* doubles twice over from one try to the next */

/* What was given up is asked for again with everything else, after this time. */
#define ASKS_RESYNC_MS 5000

static const char *const paths[WW_ASK_KINDS] = {
    [WW_ASK_NETWORK] = "/networks/%s",          [WW_ASK_CONTAINERS] = "/containers/json?all=1%s",
    [WW_ASK_NETWORKS] = "/networks%s",          [WW_ASK_IMAGE] = "/images/%s/json",
    [WW_ASK_CONTAINER] = "/containers/%s/json", [WW_ASK_PROCESS] = "/containers/%s/json",
    [WW_ASK_SERVICES] = "/services%s",
};

static bool asks_is_inspect(enum ww_ask_kind kind)
{
    return kind == WW_ASK_CONTAINER || kind == WW_ASK_PROCESS;
}

static bool asks_is_list(enum ww_ask_kind kind)
{
    return kind == WW_ASK_CONTAINERS || kind == WW_ASK_NETWORKS;
}

static void ask_free(struct ww_ask *ask)
{
    ww_http_cancel(ask->call);
    free(ask->key);
    free(ask->id);
    free(ask);
}

static void asks_out_of_memory(struct ww_source *s)
{
    struct ww_error err;
    ww_fail(&err, -ENOMEM, "out of memory");
    ww_source_break(s, &err);
}

static char *ask_key(enum ww_ask_kind kind, const char *id)
{
    char *key = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (asprintf(&key, paths[kind], id) < 0)
        return NULL;
#pragma GCC diagnostic pop
    return key;
}

/* In the hash; the key is its own then. NULL when out of memory. */
static struct ww_ask *ask_new(struct ww_source *s, enum ww_ask_kind kind, const char *id, char *key)
{
    struct ww_ask *ask = calloc(1, sizeof(*ask));
    if (!ask)
        return NULL;
    ask->source = s;
    ask->kind = kind;
    ask->id = strdup(id);
    if (!ask->id) {
        free(ask);
        return NULL;
    }
    ask->key = key;
    HASH_ADD_KEYPTR(hh, s->asks.by_key, ask->key, strlen(ask->key), ask);
    if (ask->hh.tbl)
        return ask;
    free(ask->id);
    free(ask);
    return NULL;
}

static void ask_repeat(struct ww_source *s, struct ww_ask *ask, bool listing)
{
    /* For the list, an answer that is under way is new enough: it was asked for after the subscription. */
    if (ask->call && !listing)
        ask->again = true;
    if (listing && !ask->listing) {
        ask->listing = true;
        s->listing.left++;
    }
}

/* The same question, asked for something more urgent. */
static void ask_hurry(struct ww_source *s, struct ww_ask *ask, enum ww_ask_kind kind)
{
    if (kind >= ask->kind)
        return;
    if (ask->call)
        s->asks.n_flying_processes--;
    else if (!ask->due)
        DL_DELETE(s->asks.queue[ask->kind], ask);
    ask->kind = kind;
    if (!ask->call && !ask->due)
        DL_APPEND(s->asks.queue[kind], ask);
}

static struct ww_ask *ask_find(const struct ww_source *s, const char *key)
{
    struct ww_ask *ask = NULL;
    if (key)
        HASH_FIND_STR(s->asks.by_key, key, ask);
    return ask;
}

bool ww_ask_is_under_way(const struct ww_source *s, enum ww_ask_kind kind, const char *id, int64_t since)
{
    ww_auto_free char *key = ask_key(kind, id);
    const struct ww_ask *ask = ask_find(s, key);
    return ask && ask->call && ask->sent >= since;
}

void ww_ask(struct ww_source *s, enum ww_ask_kind kind, const char *id, bool listing)
{
    ww_auto_free char *key = ask_key(kind, id);
    if (!key) {
        asks_out_of_memory(s);
        return;
    }
    struct ww_ask *ask = ask_find(s, key);
    if (ask) {
        ask_hurry(s, ask, kind);
        ask_repeat(s, ask, listing);
        return;
    }
    ask = ask_new(s, kind, id, key);
    if (!ask) {
        asks_out_of_memory(s);
        return;
    }
    key = NULL;
    DL_APPEND(s->asks.queue[kind], ask);
    ask_repeat(s, ask, listing);
}

/* Out of the hash: it is answered, or will never be. */
static void ask_close(struct ww_source *s, struct ww_ask *ask)
{
    HASH_DEL(s->asks.by_key, ask);
    if (ask->listing)
        ww_listing_count_down(s);
    ask->listing = false;
}

void ww_ask_drop(struct ww_source *s, enum ww_ask_kind kind, const char *id)
{
    ww_auto_free char *key = ask_key(kind, id);
    struct ww_ask *ask = ask_find(s, key);
    if (!ask)
        return;
    ask_close(s, ask);
    if (ask->call) {
        ask->dropped = true; /* a call cannot be ended from within the stream's */
        return;
    }
    if (ask->due)
        DL_DELETE(s->asks.waiting, ask);
    else
        DL_DELETE(s->asks.queue[ask->kind], ask);
    ask_free(ask);
}

static void ask_land(struct ww_source *s, struct ww_ask *ask)
{
    ask->call = NULL;
    DL_DELETE(s->asks.flying, ask);
    s->asks.n_flying--;
    s->asks.n_flying_containers -= asks_is_inspect(ask->kind);
    s->asks.n_flying_processes -= ask->kind == WW_ASK_PROCESS;
}

static void ask_wait(struct ww_source *s, struct ww_ask *ask)
{
    int64_t ms = (int64_t)ASKS_RETRY_MS << (2 * (ask->tries - 1));
    ask->due = ww_clock_mono() + ms * WW_NS_PER_MS;
    DL_APPEND(s->asks.waiting, ask);
}

static void ask_give_up(struct ww_source *s, struct ww_ask *ask, const struct ww_error *err)
{
    ww_notices_add(&s->notices, WW_ERROR,
                   "the engine does not say what is asked: %s; going on without, and asking again", err->text);
    ww_answer_give_up(s, ask);
    if (!s->resync_due)
        s->resync_due = ww_clock_mono() + ASKS_RESYNC_MS * WW_NS_PER_MS;
    ask_close(s, ask);
    ask_free(ask);
}

static bool ask_is_worth_retrying(const struct ww_ask *ask, const struct ww_error *err)
{
    return ask->tries < ASKS_TRIES && err->code != -EACCES && err->code != -EMSGSIZE;
}

static void ask_answered(struct ww_source *s, struct ww_ask *ask)
{
    if (!ask->again) {
        ask_close(s, ask);
        ask_free(ask);
        return;
    }
    if (ask->listing)
        ww_listing_count_down(s);
    ask->listing = false;
    ask->again = false;
    ask->tries = 0;
    DL_APPEND(s->asks.queue[ask->kind], ask);
}

/* A swarm without a leader answers nothing of its services, while the engine does all else. */
static void ask_services_failed(struct ww_source *s, const struct ww_error *err)
{
    ww_notices_add(&s->notices, WW_WARN, "labels of the swarm's services cannot be looked at: %s", err->text);
}

static void ask_failed(struct ww_source *s, struct ww_ask *ask, const struct ww_error *err)
{
    if (ask->kind == WW_ASK_SERVICES) {
        ask_services_failed(s, err);
        ask_answered(s, ask);
    } else if (asks_is_list(ask->kind)) {
        ww_source_break(s, err);
        ask_close(s, ask);
        ask_free(ask);
    } else if (ask_is_worth_retrying(ask, err)) {
        ask->again = false;
        ask_wait(s, ask);
    } else {
        ask_give_up(s, ask, err);
    }
}

static void ask_done(void *arg, const struct ww_http_answer *answer)
{
    struct ww_ask *ask = arg;
    struct ww_source *s = ask->source;
    struct ww_error err = {0};
    ask_land(s, ask);
    if (ask->kind != WW_ASK_SERVICES)
        s->asks.unanswered = answer->rc < 0;
    if (ask->dropped) {
        ask_free(ask);
        return;
    }
    if (ww_answer_apply(s, ask, answer, &err) < 0)
        ask_failed(s, ask, &err);
    else
        ask_answered(s, ask);
}

static int ask_send(struct ww_source *s, struct ww_ask *ask, struct ww_error *err)
{
    char path[sizeof(s->prefix) + WW_OBJECT_ID + 64];
    snprintf(path, sizeof(path), "%s%s", s->prefix, ask->key);
    struct ww_http_get get = {
        .path = path,
        .timeout_ms = s->timeout_ms,
        .connect_ms = s->timeout_ms,
        .limit =
            asks_is_list(ask->kind) || ask->kind == WW_ASK_SERVICES ? WW_LIMIT_ANSWER_BYTES : WW_LIMIT_INSPECT_BYTES,
        .arg = ask,
        .done = ask_done,
    };
    ask->sent = ww_clock_mono();
    int rc = ww_http_start(s->http, &get, &ask->call, err);
    if (rc < 0)
        return rc;
    DL_DELETE(s->asks.queue[ask->kind], ask);
    DL_APPEND(s->asks.flying, ask);
    ask->tries++;
    s->asks.n_flying++;
    s->asks.n_flying_containers += asks_is_inspect(ask->kind);
    s->asks.n_flying_processes += ask->kind == WW_ASK_PROCESS;
    return 0;
}

/* The most urgent question that may be sent now. */
static struct ww_ask *asks_next(const struct ww_source *s)
{
    if (s->asks.n_flying >= WW_LIMIT_REQUESTS)
        return NULL;
    for (int kind = 0; kind < WW_ASK_KINDS; kind++) {
        if (kind == WW_ASK_PROCESS && s->asks.n_flying_processes >= ASKS_PROCESSES)
            continue;
        if (asks_is_inspect((enum ww_ask_kind)kind) && s->asks.n_flying_containers >= WW_LIMIT_REQUESTS - ASKS_RESERVED)
            continue;
        if (s->asks.queue[kind])
            return s->asks.queue[kind];
    }
    return NULL;
}

static void asks_wake(struct ww_source *s, int64_t now)
{
    struct ww_ask *ask;
    struct ww_ask *next;
    DL_FOREACH_SAFE(s->asks.waiting, ask, next)
    {
        if (ask->due > now)
            continue;
        ask->due = 0;
        DL_DELETE(s->asks.waiting, ask);
        DL_APPEND(s->asks.queue[ask->kind], ask);
    }
}

void ww_asks_dispatch(struct ww_source *s, int64_t now)
{
    struct ww_ask *ask;
    asks_wake(s, now);
    while ((ask = asks_next(s))) {
        struct ww_error err = {0};
        if (ask_send(s, ask, &err) < 0) {
            ww_source_break(s, &err);
            return;
        }
    }
}

int64_t ww_asks_due(const struct ww_source *s)
{
    int64_t due = 0;
    const struct ww_ask *ask;
    DL_FOREACH (s->asks.waiting, ask) {
        if (!due || ask->due < due)
            due = ask->due;
    }
    return due;
}

static void asks_free(struct ww_ask **list)
{
    struct ww_ask *ask;
    struct ww_ask *next;
    DL_FOREACH_SAFE(*list, ask, next)
    {
        DL_DELETE(*list, ask);
        ask_free(ask);
    }
}

void ww_asks_clear(struct ww_source *s)
{
    HASH_CLEAR(hh, s->asks.by_key);
    for (int kind = 0; kind < WW_ASK_KINDS; kind++)
        asks_free(&s->asks.queue[kind]);
    asks_free(&s->asks.flying);
    asks_free(&s->asks.waiting);
    s->asks = (struct ww_asks){0};
}
