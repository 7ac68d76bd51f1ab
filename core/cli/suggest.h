/* `whalewall suggest CONTAINER...`. */
#ifndef WW_CLI_SUGGEST_H
#define WW_CLI_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/buf.h"
#include "core/base/error.h"

/*
 * Ask the program that runs with this data directory about each container, print labels for it as a compose file (or
 * with json an object a line), and return the exit status: of core/cli/question.h, the good answer being that nothing
 * is left out.
 */
int ww_suggest(const char *data_dir, const char *const *words, size_t n, bool json, FILE *out);

/* Print one answer; `printed` has the services that were, a line each, and gets this one. As in struct ww_question. */
int ww_suggest_show(const char *json, size_t len, struct ww_buf *printed, FILE *out, struct ww_error *err);
int ww_suggest_is_whole(const char *json, size_t len, struct ww_error *err);

#endif
