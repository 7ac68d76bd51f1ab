/*
 * The engine as a source of facts: connects, negotiates the API version, subscribes to the events, lists, inspects, and
 * writes every answer into the world; for ever, with backoff. It never blocks: the host loop drives it through
 * ww_source_io.
 */
#ifndef WW_DOCKER_SOURCE_H
#define WW_DOCKER_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/model/world.h"

#define WW_IO_READ 1
#define WW_IO_WRITE 2

/* What the source needs of the event loop. */
struct ww_source_io {
    void *arg;
    /* Watch fd for `events` (WW_IO_*) and call ww_source_ready; 0: stop watching, fd may be closed right after. */
    void (*watch)(void *arg, int fd, int events);
    /* Call ww_source_timeout once after `ms` milliseconds; replaces an earlier one; -1: cancel. */
    void (*timer)(void *arg, int64_t ms);
};

/* Strings are copied. NULL means: not set. */
struct ww_source_options {
    const char *host;        /* DOCKER_HOST; NULL: unix:///var/run/docker.sock */
    const char *api_version; /* DOCKER_API_VERSION; NULL or "": negotiate */
    const char *cert_path;   /* DOCKER_CERT_PATH: ca.pem, cert.pem, key.pem */
    bool tls_verify;         /* DOCKER_TLS_VERIFY is set, whatever its value */
    int64_t timeout_ms;      /* bounds every request but the event stream */
    int64_t since_ns;        /* resume events from here (0: from now) */
};

enum ww_source_state {
    WW_SOURCE_AWAY,    /* not connected; retrying */
    WW_SOURCE_LISTING, /* subscribed; the first full list is not in the world yet */
    WW_SOURCE_SYNCED,  /* the world is whole, events keep it so */
};

/* Something that the agent should log. */
struct ww_notice {
    enum ww_level level;
    char text[512];
};

struct ww_source;

/* The world must outlive it. -EINVAL for a host, version or certificate path that cannot be right; -ENOMEM. */
int ww_source_new(const struct ww_source_options *options, const struct ww_source_io *io, struct ww_world *world,
                  struct ww_source **ret_source, struct ww_error *err);
void ww_source_free(struct ww_source *s);

void ww_source_start(struct ww_source *s);
void ww_source_ready(struct ww_source *s, int fd, int events);
void ww_source_timeout(struct ww_source *s);

/* Ask for everything again (after something was lost, or by SIGHUP). The stream of events and the state stay; the
 * generation grows when all is in the world. While away: nothing, for coming back does the same. */
void ww_source_resync(struct ww_source *s);
/* Ask for this network anew, by its id, unless it was asked for since then (ww_clock_mono) and the answer is under way.
 * While away: nothing, as with resync. */
void ww_source_ask_network(struct ww_source *s, const char *id, int64_t since);

/* Ask which process this container has, by its full id, when there is nothing better to do; as ww_source_ask_network.
 */
void ww_source_ask_process(struct ww_source *s, const char *id, int64_t since);

enum ww_source_state ww_source_state(const struct ww_source *s);
/* Does it answer? False while it is not SYNCED, and from a request that got no answer at all until one that did: an
 * engine that stops keeps its stream of events open, and says nothing more. */
bool ww_source_answers(const struct ww_source *s);
/* How often it got from LISTING to SYNCED: changes tell the agent that a full list is in the world. */
uint64_t ww_source_generation(const struct ww_source *s);
/* The engine's time of the last event, nanoseconds, for resuming; before the first, what the options said. */
int64_t ww_source_last_event(const struct ww_source *s);
/* "20.10.24, API 1.41", "" while away. Borrowed. */
const char *ww_source_engine(const struct ww_source *s);
/* Is something asked and not yet answered? False: the world is as new as the events seen. */
bool ww_source_is_busy(const struct ww_source *s);
/* Fetch the next notice; false if there is none. */
bool ww_source_take_notice(struct ww_source *s, struct ww_notice *ret_notice);

#endif
