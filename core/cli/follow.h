/* Commands that go on: they ask anew what came since the last answer, so the program never waits for a slow reader. */
#ifndef WW_CLI_FOLLOW_H
#define WW_CLI_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/buf.h"
#include "core/base/error.h"

struct ww_follow {
    /* Append the path to ask for; since 0: everything. */
    void (*path)(const void *arg, uint64_t since, struct ww_buf *out);
    /* Print an answer line by line; *ret_next is what to ask with next. Negative: -EBADMSG, -ENOMEM. */
    int (*show)(const char *text, size_t len, bool json, FILE *out, uint64_t *ret_next, struct ww_error *err);
    const void *arg;
    bool json;
};

/* Until a signal, or until there is no answer any more: the exit status then (core/cli/question.h). */
int ww_follow(const char *data_dir, const struct ww_follow *follow, FILE *out);

/* The path of a question with `since`, where that is not 0. */
void ww_follow_since(struct ww_buf *path, uint64_t since);

#endif
