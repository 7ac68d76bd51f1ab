/* `whalewall explain FROM TO PROTO/PORT`. */
#ifndef WW_CLI_EXPLAIN_H
#define WW_CLI_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/error.h"

/* Exit statuses besides EXIT_SUCCESS (it passes, whichever way it takes). */
#define WW_EXPLAIN_STOPPED 1 /* it does not pass, or not on every way, or something else decides */
#define WW_EXPLAIN_USAGE 2   /* the question names what is not there */
#define WW_EXPLAIN_SILENT 3  /* no answer that could be used */

/* Ask the program that runs with this data directory, print what it says, and return the exit status. words: three. */
int ww_explain(const char *data_dir, const char *const *words, size_t n, bool json, FILE *out);

/* Print an answer for people. 1: it passes, 0: it does not. -EBADMSG: not what this version can read, -ENOMEM. */
int ww_explain_show(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err);

/* The same verdict, and nothing printed. */
int ww_explain_passes(const char *json, size_t len, struct ww_error *err);

#endif
