/* In the place of the engine, for tests that fill the world themselves. A source is how often all was listed, from
 * which moment on events were asked for, how often for a network, how often for a process, and whether it is away. */
#include "core/docker/source.h"

#include <errno.h>
#include <stdlib.h>

int ww_source_new(const struct ww_source_options *options, const struct ww_source_io *io, struct ww_world *world,
                  struct ww_source **ret_source, struct ww_error *err)
{
    int64_t *source = calloc(5, sizeof(*source));
    (void)io;
    (void)world;
    if (!source)
        return ww_fail(err, -ENOMEM, "out of memory");
    source[1] = options->since_ns;
    *ret_source = (struct ww_source *)source;
    return 0;
}

void ww_source_free(struct ww_source *s)
{
    free(s);
}

void ww_source_start(struct ww_source *s)
{
    (void)s;
}

uint64_t ww_source_generation(const struct ww_source *s)
{
    return *(const uint64_t *)s;
}

enum ww_source_state ww_source_state(const struct ww_source *s)
{
    const uint64_t *words = (const uint64_t *)s;
    return words[4] ? WW_SOURCE_AWAY : words[0] ? WW_SOURCE_SYNCED : WW_SOURCE_LISTING;
}

bool ww_source_answers(const struct ww_source *s)
{
    return ww_source_state(s) == WW_SOURCE_SYNCED;
}

bool ww_source_is_busy(const struct ww_source *s)
{
    return ww_source_state(s) != WW_SOURCE_SYNCED;
}

int64_t ww_source_last_event(const struct ww_source *s)
{
    return ((const int64_t *)s)[1];
}

const char *ww_source_engine(const struct ww_source *s)
{
    (void)s;
    return "";
}

bool ww_source_take_notice(struct ww_source *s, struct ww_notice *ret_notice)
{
    (void)s;
    (void)ret_notice;
    return false;
}

void ww_source_ready(struct ww_source *s, int fd, int events)
{
    (void)s;
    (void)fd;
    (void)events;
}

void ww_source_timeout(struct ww_source *s)
{
    (void)s;
}

void ww_source_resync(struct ww_source *s)
{
    (void)s;
}

void ww_source_ask_network(struct ww_source *s, const char *id, int64_t since)
{
    (void)id;
    (void)since;
    ++((int64_t *)s)[2];
}

void ww_source_ask_process(struct ww_source *s, const char *id, int64_t since)
{
    (void)id;
    (void)since;
    ++((int64_t *)s)[3];
}
