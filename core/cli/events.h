/* `whalewall events [-f]`. */
#ifndef WW_CLI_EVENTS_H
#define WW_CLI_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/error.h"

/* Ask the program that runs with this data directory what it did, print it, and return the exit status: of
 * core/cli/question.h, every answer being a good one. follow: go on, as ww_follow. */
int ww_events(const char *data_dir, bool json, bool follow, FILE *out);

/* As in struct ww_question and struct ww_follow. */
int ww_events_show(const char *text, size_t len, bool colours, FILE *out, struct ww_error *err);
int ww_events_show_lines(const char *text, size_t len, bool json, FILE *out, uint64_t *ret_next, struct ww_error *err);
int ww_events_check(const char *json, size_t len, struct ww_error *err);

#endif
