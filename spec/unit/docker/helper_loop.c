#include "helper_loop.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

void loop_init(struct loop *loop)
{
    memset(loop, 0, sizeof(*loop));
    loop->due = -1;
}

static void loop_watch(void *arg, int fd, int events)
{
    struct loop *loop = arg;
    nfds_t i = 0;
    while (i < loop->n && loop->fds[i].fd != fd)
        i++;
    if (!events) {
        if (i < loop->n)
            loop->fds[i] = loop->fds[--loop->n];
        return;
    }
    if (i == loop->n) {
        if (loop->n == LOOP_FDS)
            abort();
        loop->n++;
    }
    short poll_events = (short)((events & WW_IO_READ ? POLLIN : 0) | (events & WW_IO_WRITE ? POLLOUT : 0));
    loop->fds[i] = (struct pollfd){.fd = fd, .events = poll_events};
}

static void loop_timer(void *arg, int64_t ms)
{
    struct loop *loop = arg;
    loop->due = ms < 0 ? -1 : ww_clock_mono() + ms * WW_NS_PER_MS;
}

struct ww_source_io loop_io(struct loop *loop)
{
    return (struct ww_source_io){.arg = loop, .watch = loop_watch, .timer = loop_timer};
}

static bool loop_watches(const struct loop *loop, int fd)
{
    for (nfds_t i = 0; i < loop->n; i++)
        if (loop->fds[i].fd == fd)
            return true;
    return false;
}

static void loop_step(struct loop *loop, int64_t until)
{
    struct pollfd fds[LOOP_FDS];
    nfds_t n = loop->n;
    int64_t due = loop->due >= 0 && loop->due < until ? loop->due : until;
    int64_t left = (due - ww_clock_mono() + WW_NS_PER_MS - 1) / WW_NS_PER_MS;
    memcpy(fds, loop->fds, n * sizeof(fds[0]));
    if (poll(fds, n, left < 0 ? 0 : (int)left) < 0)
        abort();
    for (nfds_t i = 0; i < n; i++) {
        int events = (fds[i].revents & (POLLIN | POLLHUP | POLLERR) ? WW_IO_READ : 0) |
                     (fds[i].revents & (POLLOUT | POLLERR) ? WW_IO_WRITE : 0);
        if (events && loop_watches(loop, fds[i].fd))
            ww_source_ready(loop->source, fds[i].fd, events);
    }
    if (loop->due >= 0 && loop->due <= ww_clock_mono()) {
        loop->due = -1;
        ww_source_timeout(loop->source);
    }
}

bool loop_until(struct loop *loop, bool (*done)(void *arg), void *arg, int ms)
{
    int64_t until = ww_clock_mono() + ms * WW_NS_PER_MS;
    while (!done(arg)) {
        if (ww_clock_mono() >= until)
            return false;
        loop_step(loop, until);
    }
    return true;
}

static bool loop_never(void *arg)
{
    (void)arg;
    return false;
}

void loop_for(struct loop *loop, int ms)
{
    loop_until(loop, loop_never, NULL, ms);
}
