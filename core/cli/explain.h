/* `whalewall explain FROM TO [PROTO/PORT]`. */
#ifndef WW_CLI_EXPLAIN_H
#define WW_CLI_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/error.h"

/* Ask the program that runs with this data directory, print what it says, and return the exit status: of
 * core/cli/question.h, the good answer being that it passes on every way; of all ports, that something passes. words:
 * two or three. */
int ww_explain(const char *data_dir, const char *const *words, size_t n, bool json, FILE *out);

/* As in struct ww_question. */
int ww_explain_show(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err);
int ww_explain_passes(const char *json, size_t len, struct ww_error *err);

#endif
