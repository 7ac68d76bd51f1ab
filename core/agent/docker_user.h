/* What is known of the rule in Docker's chain DOCKER-USER, and of programs that take it out. */
#ifndef WW_AGENT_DOCKER_USER_H
#define WW_AGENT_DOCKER_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/kernel/kernel.h"

struct ww_agent;
struct ww_status;

struct ww_docker_user {
    bool wanted;
    bool failed;                                            /* it could not be looked at, or mended: try again */
    enum ww_docker_user_place now[WW_DOCKER_USER_FAMILIES]; /* how it is, MISPLACED never */
    int tables;                                             /* that have it, or -errno: what the log said last */
    struct ww_error trouble;                                /* the text for the latter */
    uint32_t generation;                                    /* of nftables, when it was looked at last */
    uint64_t listed;                                        /* of the engine's source, then */
    unsigned in_row;                                        /* how often it was taken out and never stayed for long */
    int64_t put;                                            /* when it was put back last, ww_clock_mono */
    int64_t next;                                           /* not before then is it put back again */
    int64_t moved;                                          /* when the log last said that it was moved */
};

/* At the start: put it there and begin to watch, or take away what an earlier start with the option left. */
void ww_docker_user_start(struct ww_agent *a);
/* After each full list, for the engine may have been restarted: look at once, and put it there whatever was before. */
void ww_docker_user_follow(struct ww_agent *a);
/* Twice a second: has anything changed? */
void ww_docker_user_turn(struct ww_agent *a);
/* -ENOMEM. */
int ww_docker_user_status(const struct ww_agent *a, struct ww_status *s);

#endif
