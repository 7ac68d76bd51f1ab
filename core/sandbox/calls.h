/* Lists of system calls, as the source says them, and the programs for the kernel that libseccomp makes of them. */
#ifndef WW_SANDBOX_CALLS_H
#define WW_SANDBOX_CALLS_H

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/sandbox/filter.h"

/* One that is let through, where its arguments are so. One call may be there several times, in a row. */
struct ww_call {
    int call;
    unsigned n; /* of args */
    struct scmp_arg_cmp args[3];
};

/* For the tables: what is asked of the arguments. */
#define WW_ANYHOW                                                                                                      \
    0,                                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }
#define WW_ARG(number, value)                                                                                          \
    1,                                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            .arg = (number), .op = SCMP_CMP_EQ, .datum_a = (value)                                                     \
        }                                                                                                              \
    }
#define WW_ARG_BITS(number, mask, value)                                                                               \
    1,                                                                                                                 \
    {                                                                                                                  \
        {                                                                                                              \
            .arg = (number), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (value)                           \
        }                                                                                                              \
    }

/* What is let through; what ends the process; and what becomes of all else: an action of libseccomp's. */
struct ww_calls {
    const struct ww_call *allowed;
    size_t n_allowed;
    const struct ww_call *more; /* the same; another list */
    size_t n_more;
    const int *fatal;
    size_t n_fatal;
    uint32_t otherwise;
};

int ww_calls_filter(const struct ww_calls *calls, struct ww_filter *ret_filter, struct ww_error *err);

#endif
