/* Fields of an answer, for what prints it. What is missing is nothing, never an error. */
#ifndef WW_CLI_FIELD_H
#define WW_CLI_FIELD_H

#include <stdbool.h>
#include <stdio.h>

#include "core/base/error.h"
#include "core/cli/table.h"
#include "core/docker/json.h"

const cJSON *ww_field(const cJSON *object, const char *key);
const char *ww_field_text(const cJSON *object, const char *key);  /* NULL: it is no text */
const char *ww_field_words(const cJSON *object, const char *key); /* "": the same */
double ww_field_number(const cJSON *object, const char *key);     /* 0: it is no number */
bool ww_field_true(const cJSON *object, const char *key);
/* Its `format` is this one: 0, or -EBADMSG. */
int ww_field_format(const cJSON *object, int format, struct ww_error *err);

/* Print a text that comes from strangers, without control characters. NULL: nothing. */
void ww_field_print(enum ww_colour colour, const char *text, bool colours, FILE *out);

#endif
