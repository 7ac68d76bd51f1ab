/* What the program counts of its own work, since it began: plain numbers that only grow, for the metrics. */
#ifndef WW_CONTROL_COUNTS_H
#define WW_CONTROL_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#define WW_HISTOGRAM_BOUNDS 15

/* How long something took, and how often. All zero is empty. */
struct ww_histogram {
    uint64_t of[WW_HISTOGRAM_BOUNDS + 1]; /* each by itself; the last: above all bounds */
    uint64_t sum_ns;
};

struct ww_counts {
    struct ww_histogram commit; /* from the engine's word to the kernel's */
    struct ww_histogram policy; /* one question to the policy step */
    uint64_t starts_early;      /* the rules were in force before the container's process was started */
    uint64_t starts_late;
    uint64_t reconciliations;
    uint64_t commits;
    uint64_t commits_failed;
    uint64_t repairs_table; /* of what other programs changed */
    uint64_t repairs_docker_user;
    uint64_t reconnects; /* to the engine, the first connection left out */
    uint64_t workers;    /* that failed, of policies that are in use no more */
    uint64_t database_errors;
};

/* The upper bound of a bucket, in nanoseconds, and as Prometheus writes it in seconds. i below WW_HISTOGRAM_BOUNDS. */
int64_t ww_histogram_bound(size_t i, const char **ret_text);
/* It took so long; below 0 is 0. */
void ww_histogram_add(struct ww_histogram *h, int64_t ns);

#endif
