/* What the running program has in force, for commands that work on it. */
#ifndef WW_CLI_ENFORCED_H
#define WW_CLI_ENFORCED_H

#include <stddef.h>

#include "core/base/error.h"

/* The answers to all that was asked, one after the other (core/control/enforced.h). */
struct ww_enforced_answers {
    char **answers;
    size_t n;
};

/* Ask the program that runs with this data directory. 0, or a negative errno, with a text that says why. */
int ww_enforced_ask(const char *data_dir, struct ww_enforced_answers *ret_answers, struct ww_error *err);
void ww_enforced_answers_done(struct ww_enforced_answers *answers);

#endif
