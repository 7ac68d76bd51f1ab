/* What the source's files share. */
#ifndef WW_DOCKER_SOURCE_INTERNAL_H
#define WW_DOCKER_SOURCE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "core/docker/decode.h"
#include "core/docker/host.h"
#include "core/docker/http.h"
#include "core/docker/lines.h"
#include "core/docker/source.h"

/* The newest version of the Engine API that this was tested with. */
#define WW_API_HIGHEST "1.51"

/* Kinds of questions, the most urgent first: addresses, then everything, then the details. */
enum ww_ask_kind {
    WW_ASK_NETWORK,
    WW_ASK_CONTAINERS,
    WW_ASK_NETWORKS,
    WW_ASK_IMAGE,
    WW_ASK_CONTAINER,
    WW_ASK_PROCESS,  /* the same of a container that runs anyway; a container that starts goes first */
    WW_ASK_SERVICES, /* of the swarm: nothing that is enforced depends on it */
    WW_ASK_KINDS,
};

/* One question to the engine: queued, in flight, or waiting for its next try. */
struct ww_ask {
    struct ww_source *source;
    enum ww_ask_kind kind;
    char *key;    /* the path behind the API version; one question for each */
    char *id;     /* "" for lists */
    bool again;   /* something happened while it was in flight: ask once more */
    bool listing; /* the full list is complete only with its answer */
    bool dropped; /* in flight, but the answer is of no use: the object is gone */
    unsigned tries;
    int64_t sent; /* the last try, ww_clock_mono */
    int64_t due;  /* of the next try, while waiting */
    struct ww_http_call *call;
    struct ww_ask *prev; /* in one of the lists of struct ww_asks */
    struct ww_ask *next;
    UT_hash_handle hh; /* but for dropped ones */
};

struct ww_asks {
    struct ww_ask *by_key;
    struct ww_ask *queue[WW_ASK_KINDS];
    struct ww_ask *flying;
    struct ww_ask *waiting;
    size_t n_flying;
    size_t n_flying_containers; /* processes included */
    size_t n_flying_processes;
    bool unanswered; /* the last one that ended, in this session */
};

/* An object that was inspected, or went, since the full list was asked for: the list may be older than that. */
struct ww_mark {
    char *id;
    bool gone;
    UT_hash_handle hh;
};

struct ww_listing {
    bool active;
    bool again;  /* asked for anew meanwhile */
    size_t left; /* answers that are missing */
    struct ww_mark *marks;
};

struct ww_saying; /* a notice, and when it came up last */

struct ww_notices {
    struct ww_saying *pending; /* oldest first */
    struct ww_saying *said;
    int64_t memory_ns; /* the same notice is not repeated when it came up within this time */
};

struct ww_source {
    struct ww_source_io io;
    struct ww_world *world;
    struct ww_host host;
    struct ww_http *http;
    char *api_option; /* NULL: negotiate */
    int64_t timeout_ms;

    enum ww_source_state state;
    uint64_t generation;
    int64_t since;
    char engine[96];
    char prefix[16]; /* "/v1.41" */

    struct ww_http_call *session; /* GET /version, then the stream of events */
    struct ww_lines lines;
    bool subscribed;       /* the stream is open, and nothing was listed yet */
    int64_t head_due;      /* when the stream must be open; 0: it is, or is not asked for */
    int64_t synced_at;     /* 0: not synced */
    int64_t retry_due;     /* when to connect again; 0: connected */
    int64_t backoff_ms;    /* before the next try */
    bool away_told;        /* a notice said that the engine is away */
    struct ww_error fault; /* code: the session is over because of this */

    struct ww_listing listing;
    int64_t resync_due; /* 0: none */
    int64_t took;       /* the quickest event, from the engine's clock to ours, ns */
    bool has_took;
    struct ww_asks asks;
    struct ww_notices notices;
    int64_t armed; /* the timer; -1: off */
};

/* source.c: end the session at the next step; the first reason counts. */
void ww_source_break(struct ww_source *s, const struct ww_error *err);

/* session.c: GET /version, then subscribe. */
void ww_session_connect(struct ww_source *s);
void ww_session_end(struct ww_source *s);

/* events.c: what an event makes look again. A ww_line_fn. */
int ww_event_take(void *source, const char *line, size_t len, struct ww_error *err);

/* asks.c */
/* Ask, unless the same question is there already. -ENOMEM breaks the session. */
void ww_ask(struct ww_source *s, enum ww_ask_kind kind, const char *id, bool listing);
/* Was it asked since then, and is not answered yet? */
bool ww_ask_is_under_way(const struct ww_source *s, enum ww_ask_kind kind, const char *id, int64_t since);
/* The object is gone: the answer is not needed any more. */
void ww_ask_drop(struct ww_source *s, enum ww_ask_kind kind, const char *id);
/* Send what may be sent. */
void ww_asks_dispatch(struct ww_source *s, int64_t now);
/* The earliest next try; 0: none. */
int64_t ww_asks_due(const struct ww_source *s);
/* Forget all. */
void ww_asks_clear(struct ww_source *s);

/* answers.c: write an answer into the world. 0, or why not. */
int ww_answer_apply(struct ww_source *s, const struct ww_ask *ask, const struct ww_http_answer *answer,
                    struct ww_error *err);
/* An object that cannot be asked for: leave the world as it is, but for images, which then count as gone. */
void ww_answer_give_up(struct ww_source *s, const struct ww_ask *ask);

/* listing.c */
void ww_listing_begin(struct ww_source *s);
void ww_listing_end(struct ww_source *s);
/* One of the answers is there. */
void ww_listing_count_down(struct ww_source *s);
/* All answers are there. */
bool ww_listing_is_complete(const struct ww_source *s);
/* Note that this object was inspected (or is gone) just now; nothing while no list is under way. */
void ww_listing_mark(struct ww_source *s, const char *id, bool gone);
int ww_listing_take_containers(struct ww_source *s, const char *text, size_t len, struct ww_error *err);
int ww_listing_take_networks(struct ww_source *s, const char *text, size_t len, struct ww_error *err);
/* Ask what the image's own rules are, if that matters for this container and is not known. */
void ww_listing_ask_image(struct ww_source *s, const struct ww_container *c);

/* notices.c */
/* Returns whether it was taken: not when the same one came up a short time ago. */
bool ww_notices_add(struct ww_notices *notices, enum ww_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool ww_notices_take(struct ww_notices *notices, struct ww_notice *ret_notice);
void ww_notices_done(struct ww_notices *notices);

#endif
