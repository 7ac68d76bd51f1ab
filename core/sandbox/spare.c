#include "core/sandbox/spare.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/clock.h"

#define SOON_NS (10 * WW_NS_PER_S) /* one that lives longer has not died of what the one before died of */
#define BACKOFF_FIRST_MS 50
#define BACKOFF_LAST_MS 5000

void ww_spare_init(struct ww_spare *s)
{
    *s = (struct ww_spare){.handle = WW_HANDLE_NONE, .watch = epoll_create1(EPOLL_CLOEXEC)};
}

void ww_spare_done(struct ww_spare *s, const struct ww_forker *forker)
{
    ww_handle_end(&s->handle, forker);
    if (s->watch >= 0)
        close(s->watch);
    s->watch = -1;
}

bool ww_spare_is_there(const struct ww_spare *s)
{
    return s->handle.fd >= 0;
}

/* Of its end only: what it says at its start is read when it is asked something. */
static void watch_end(const struct ww_spare *s)
{
    struct epoll_event event = {.events = EPOLLRDHUP};
    (void)epoll_ctl(s->watch, EPOLL_CTL_ADD, s->handle.fd, &event);
}

/* Closing the socket would not do where a process that the host of the library forked has it, too. */
static void watch_no_more(const struct ww_spare *s)
{
    (void)epoll_ctl(s->watch, EPOLL_CTL_DEL, s->handle.fd, NULL);
}

int ww_spare_order(struct ww_spare *s, const struct ww_forker *forker, struct ww_error *err)
{
    if (ww_spare_is_there(s))
        return 0;
    int rc = ww_handle_order(&s->handle, forker, err);
    if (rc < 0)
        return rc;
    s->ordered = ww_clock_mono();
    watch_end(s);
    return 0;
}

void ww_spare_prepare(struct ww_spare *s, const struct ww_forker *forker)
{
    if (ww_clock_mono() >= s->not_before)
        (void)ww_spare_order(s, forker, NULL);
}

/* The first one that dies is replaced at once. */
static void back_off(struct ww_spare *s, int64_t now)
{
    int64_t ms = s->deaths ? BACKOFF_FIRST_MS : 0;
    for (unsigned i = 1; i < s->deaths && ms < BACKOFF_LAST_MS; i++)
        ms *= 2;
    s->deaths++;
    s->not_before = now + (ms < BACKOFF_LAST_MS ? ms : BACKOFF_LAST_MS) * WW_NS_PER_MS;
}

bool ww_spare_bury(struct ww_spare *s, const struct ww_forker *forker)
{
    if (!ww_spare_is_there(s) || !ww_handle_has_ended(&s->handle))
        return false;
    const int64_t now = ww_clock_mono();
    if (now - s->ordered > SOON_NS)
        s->deaths = 0;
    back_off(s, now);
    watch_no_more(s);
    ww_handle_end(&s->handle, forker);
    return true;
}

struct ww_handle ww_spare_take(struct ww_spare *s)
{
    struct ww_handle handle = s->handle;
    watch_no_more(s);
    s->handle = WW_HANDLE_NONE;
    return handle;
}

static int64_t wait_for(const struct ww_spare *s, int64_t now)
{
    return (s->not_before - now) / WW_NS_PER_MS + 1;
}

int64_t ww_spare_look(struct ww_spare *s, const struct ww_forker *forker, bool *ret_died)
{
    *ret_died = ww_spare_bury(s, forker);
    const int64_t now = ww_clock_mono();
    if (ww_spare_is_there(s))
        return -1;
    if (now < s->not_before)
        return wait_for(s, now);
    int rc = ww_spare_order(s, forker, NULL);
    if (rc == 0 || rc == -EPIPE) /* what forks is gone: the next label says so */
        return -1;
    back_off(s, now);
    return wait_for(s, now);
}
