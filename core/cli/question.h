/* Commands that ask the running program one thing, and print the answer. */
#ifndef WW_CLI_QUESTION_H
#define WW_CLI_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/error.h"

/* Exit statuses besides EXIT_SUCCESS. */
#define WW_QUESTION_NO 1     /* the answer is not the good one; what that is, says the command */
#define WW_QUESTION_USAGE 2  /* the question is none, or about what is not there */
#define WW_QUESTION_SILENT 3 /* no answer that could be used */

/* What is made of an answer. 1: the good one, 0: the other. -EBADMSG: not what this version can read, -ENOMEM. */
struct ww_question {
    int (*show)(const char *json, size_t len, bool colours, FILE *out, struct ww_error *err); /* for people */
    int (*verdict)(const char *json, size_t len, struct ww_error *err);                       /* prints nothing */
};

/* Ask the program that runs with this data directory for the path, print the answer, and return the exit status. */
int ww_question_ask(const struct ww_question *question, const char *data_dir, const char *path, bool json, FILE *out);
/* Say what is wrong, and return the exit status. */
int ww_question_complain(const struct ww_error *err, int status);

#endif
