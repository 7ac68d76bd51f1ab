/* `whalewall drops [-f] [CONTAINER]`. */
#ifndef WW_CLI_DROPS_H
#define WW_CLI_DROPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/error.h"

struct ww_drops_options {
    const char *container; /* NULL: all */
    bool json;
    bool follow; /* go on, until a signal, or until there is no answer any more */
};

/* Ask the program that runs with this data directory, print what it says, and return the exit status: of
 * core/cli/question.h, every answer being a good one. */
int ww_drops(const char *data_dir, const struct ww_drops_options *options, FILE *out);

/* As a table, for people; as one line (or, json, one object) for each. 1, and *ret_next is what to ask with next;
 * -EBADMSG: not what this version can read, -ENOMEM. */
int ww_drops_show_table(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err);
int ww_drops_show_lines(const char *text, size_t len, bool json, FILE *out, uint64_t *ret_next, struct ww_error *err);
int ww_drops_check(const char *json, size_t len, struct ww_error *err);

#endif
