/* A loop on poll() that drives one source. */
#ifndef SPEC_DOCKER_LOOP_H
#define SPEC_DOCKER_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/docker/source.h"

#define LOOP_FDS 256

struct loop {
    struct pollfd fds[LOOP_FDS];
    nfds_t n;
    int64_t due; /* of the timer, monotonic; -1: none */
    struct ww_source *source;
};

void loop_init(struct loop *loop);
struct ww_source_io loop_io(struct loop *loop);

/* Drive until `done` says so (true), or for `ms` milliseconds (false). */
bool loop_until(struct loop *loop, bool (*done)(void *arg), void *arg, int ms);

/* Drive for `ms` milliseconds. */
void loop_for(struct loop *loop, int ms);

#endif
