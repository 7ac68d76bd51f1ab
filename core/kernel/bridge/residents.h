/*
 * Containers' processes, and the network namespace that each lives in: to tell which container a port is of that is no
 * endpoint's. The memory of ports.c.
 */
#ifndef WW_KERNEL_RESIDENTS_H
#define WW_KERNEL_RESIDENTS_H

#include <stdint.h>
#include <uthash.h>

struct mnl_socket;

struct ww_resident {
    UT_hash_handle hh;
    char *id; /* the container's, in full */
    int64_t pid;
    int32_t netns; /* by its number in this network namespace */
};

/* All zero is empty and valid. */
struct ww_residents {
    struct ww_resident *by_id;
    unsigned full; /* with more than that many, containers whose process has ended are forgotten */
};

void ww_residents_done(struct ww_residents *all);

/* The container has this process now, by its number in this pid namespace; 0: none. -ENOMEM. */
int ww_residents_put(struct ww_residents *all, struct mnl_socket *asks, const char *id, int64_t pid);

/* The next one that was in this network namespace when that was asked; NULL: no more. Begin with NULL. */
const struct ww_resident *ww_residents_next(const struct ww_residents *all, const struct ww_resident *last,
                                            int32_t netns);

#endif
