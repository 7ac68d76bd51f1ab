/* `whalewall suggest CONTAINER...`, or `-project NAME`. */
#ifndef WW_CLI_SUGGEST_H
#define WW_CLI_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/buf.h"
#include "core/base/error.h"

/*
 * Ask the program that runs with this data directory about each container, or (project not NULL) all of a compose
 * project, print labels for it as a compose file (or
 * with json an object a line), and return the exit status: of core/cli/question.h, the good answer being that nothing
 * is left out.
 */
int ww_suggest(const char *data_dir, const char *project, const char *const *words, size_t n, bool json, FILE *out);

/* What a file has so far, as JSON texts; all zero: nothing. */
struct ww_suggested {
    struct ww_buf project;  /* of Compose, of which its services are */
    struct ww_buf services; /* a line each */
    struct ww_buf names;    /* of containers without Compose, a line each */
};

void ww_suggested_done(struct ww_suggested *file);

/* Print one answer, as a part of the file. As in struct ww_question. */
int ww_suggest_show(const char *json, size_t len, struct ww_suggested *file, FILE *out, struct ww_error *err);
int ww_suggest_is_whole(const char *json, size_t len, struct ww_error *err);
/* A comment: this container is left out, for it is not managed. */
void ww_suggest_show_unmanaged(const char *name, FILE *out);

#endif
