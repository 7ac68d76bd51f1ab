/* The agent's end of one worker, which a zygote or a loader of policies forks. */
#ifndef WW_SANDBOX_HANDLE_H
#define WW_SANDBOX_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/sandbox/jail.h"
#include "core/sandbox/loader.h"
#include "core/sandbox/zygote.h"

/* What forks workers: one of both. */
struct ww_forker {
    struct ww_zygote *zygote;
    struct ww_loader *loader;
};

struct ww_handle {
    int fd;          /* -1: there is none */
    uint32_t serial; /* of the zygote's */
    bool greeted;    /* it has said hello */
};

#define WW_HANDLE_NONE ((struct ww_handle){.fd = -1})

/* Have a worker forked; it says hello when it is shut in. -EPIPE: what forks is gone. */
int ww_handle_order(struct ww_handle *handle, const struct ww_forker *forker, struct ww_error *err);

/* Wait for its hello, so many milliseconds. */
int ww_handle_greet(struct ww_handle *handle, int64_t ms, struct ww_jail_report *ret_report,
                    char ret_version[static WW_HASH_HEX], struct ww_error *err);

/* It ended between two requests: killed by another process, or for want of memory. */
bool ww_handle_has_ended(const struct ww_handle *handle);

/* End it; nothing is done where there is none. */
void ww_handle_end(struct ww_handle *handle, const struct ww_forker *forker);

#endif
