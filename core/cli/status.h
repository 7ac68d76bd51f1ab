/* `whalewall status`. */
#ifndef WW_CLI_STATUS_H
#define WW_CLI_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/error.h"

/* Exit statuses besides EXIT_SUCCESS (all is well): for monitoring. */
#define WW_STATUS_WRONG 1  /* the program runs, and something is wrong */
#define WW_STATUS_SILENT 3 /* no answer that could be used */

/* Ask the program that runs with this data directory, print what it says, and return the exit status. */
int ww_status(const char *data_dir, bool json, FILE *out);

/*
 * The same every two seconds, on a terminal each time on an empty screen, until its reader is gone. What cannot be
 * asked is said, and asked again. WW_STATUS_SILENT.
 */
int ww_status_watch(const char *data_dir, bool json, FILE *out);

/*
 * Print an answer as tables. 1: it says that all is well, 0: that something is wrong. -EBADMSG: not what this version
 * can read, -ENOMEM.
 */
int ww_status_show(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err);

/* The same verdict, and nothing printed. */
int ww_status_is_ok(const char *json, size_t len, struct ww_error *err);

#endif
