/* Typed access to JSON. A field that is missing or null is not an error: it leaves the result empty. */
#ifndef WW_DOCKER_JSON_H
#define WW_DOCKER_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

/* For ww_auto(). */
void ww_json_cleanup(cJSON **json);

/*
 * Parse one value; nothing but white space may follow it. A NUL in a string (\u0000) becomes U+FFFD, so that C strings
 * hold all of it. -EBADMSG: not JSON; -ENOMEM.
 */
int ww_json_parse(const char *text, size_t len, cJSON **ret_json, struct ww_error *err);

/* Parse an array element by element, so that only one of them is in memory as a tree. fn's errors are passed on. */
typedef int ww_json_element_fn(void *arg, const cJSON *element, struct ww_error *err);
int ww_json_each(const char *text, size_t len, ww_json_element_fn *fn, void *arg, struct ww_error *err);

/* Fields of an object (NULL: an empty one). Borrowed; NULL when missing or null. -EBADMSG, naming the field, when it
 * has another type. */
int ww_json_object(const cJSON *object, const char *key, const cJSON **ret_value, struct ww_error *err);
int ww_json_array(const cJSON *object, const char *key, const cJSON **ret_value, struct ww_error *err);
int ww_json_text(const cJSON *object, const char *key, const char **ret_value, struct ww_error *err);
int ww_json_bool(const cJSON *object, const char *key, bool *ret_value, struct ww_error *err);
/* 0 when missing. -EBADMSG when it is not a whole number from 0 to 65535. */
int ww_json_port(const cJSON *object, const char *key, unsigned *ret_value, struct ww_error *err);

/* A copy of a text field; NULL when missing, null or empty. The caller's. */
int ww_json_copy(const cJSON *object, const char *key, char **ret_copy, struct ww_error *err);
/* As ww_json_copy, but an empty text stays one. */
int ww_json_copy_label(const cJSON *object, const char *key, char **ret_copy, struct ww_error *err);

#endif
