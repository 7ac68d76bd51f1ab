#include "core/docker/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void ww_json_cleanup(cJSON **json)
{
    cJSON_Delete(*json);
}

/* The escape of a NUL at or after `at`, else NULL. Backslashes are only in strings, each with the character after it.
 */
static const char *json_find_nul(const char *at, const char *end)
{
    while ((at = memchr(at, '\\', (size_t)(end - at)))) {
        if (end - at >= 6 && memcmp(at, "\\u0000", 6) == 0)
            return at;
        at += end - at >= 2 ? 2 : 1;
    }
    return NULL;
}

/* *ret_copy: NULL when the text can stay as it is. */
static int json_without_nul(const char *text, size_t len, char **ret_copy, struct ww_error *err)
{
    *ret_copy = NULL;
    const char *found = json_find_nul(text, text + len);
    if (!found)
        return 0;
    char *copy = malloc(len);
    static const char instead[] = {'\\', 'u', 'f', 'f', 'f', 'd'};
    if (!copy)
        return ww_fail(err, -ENOMEM, "out of memory");
    memcpy(copy, text, len);
    for (const char *at = copy + (found - text); at; at = json_find_nul(at, copy + len))
        memcpy(copy + (at - copy), instead, sizeof(instead));
    *ret_copy = copy;
    return 0;
}

static bool json_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *json_skip_space(const char *at, const char *end)
{
    while (at < end && json_is_space(*at))
        at++;
    return at;
}

static int json_parse_at(const char *start, const char **at, const char *end, cJSON **ret_json, struct ww_error *err)
{
    const char *stop = *at;
    cJSON *json = cJSON_ParseWithLengthOpts(*at, (size_t)(end - *at), &stop, 0);
    if (!json)
        return ww_fail(err, -EBADMSG, "not valid JSON at byte %zu", (size_t)(stop - start));
    *ret_json = json;
    *at = stop;
    return 0;
}

int ww_json_parse(const char *text, size_t len, cJSON **ret_json, struct ww_error *err)
{
    ww_auto_free char *copy = NULL;
    int rc = json_without_nul(text, len, &copy, err);
    if (rc < 0)
        return rc;
    const char *start = copy ? copy : text;
    const char *end = start + len;
    const char *at = start;
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    rc = json_parse_at(start, &at, end, &json, err);
    if (rc < 0)
        return rc;
    at = json_skip_space(at, end);
    if (at < end)
        return ww_fail(err, -EBADMSG, "something follows the JSON value at byte %zu", (size_t)(at - start));
    *ret_json = ww_take(json);
    return 0;
}

static int json_element(const char *start, const char **at, const char *end, ww_json_element_fn *fn, void *arg,
                        struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    int rc = json_parse_at(start, at, end, &json, err);
    return rc < 0 ? rc : fn(arg, json, err);
}

/* After an element: 1 when another one follows, 0 at the end of the array. */
static int json_next(const char *start, const char **at, const char *end, struct ww_error *err)
{
    *at = json_skip_space(*at, end);
    char c = '\0';
    if (*at < end)
        c = *(*at)++;
    if (c == ',')
        return 1;
    if (c != ']')
        return ww_fail(err, -EBADMSG, "not valid JSON at byte %zu", (size_t)(*at - start));
    *at = json_skip_space(*at, end);
    if (*at < end)
        return ww_fail(err, -EBADMSG, "something follows the JSON value at byte %zu", (size_t)(*at - start));
    return 0;
}

int ww_json_each(const char *text, size_t len, ww_json_element_fn *fn, void *arg, struct ww_error *err)
{
    ww_auto_free char *copy = NULL;
    int rc = json_without_nul(text, len, &copy, err);
    if (rc < 0)
        return rc;
    const char *start = copy ? copy : text;
    const char *end = start + len;
    const char *at = json_skip_space(start, end);
    if (at == end || *at != '[')
        return ww_fail(err, -EBADMSG, "not a JSON array");
    const char *first = json_skip_space(++at, end);
    if (first < end && *first == ']') {
        at = first;
        return json_next(start, &at, end, err);
    }
    do {
        rc = json_element(start, &at, end, fn, arg, err);
        if (rc == 0)
            rc = json_next(start, &at, end, err);
    } while (rc > 0);
    return rc;
}

static const cJSON *json_field(const cJSON *object, const char *key)
{
    const cJSON *value = object ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
    return value && !cJSON_IsNull(value) ? value : NULL;
}

int ww_json_object(const cJSON *object, const char *key, const cJSON **ret_value, struct ww_error *err)
{
    const cJSON *value = json_field(object, key);
    if (value && !cJSON_IsObject(value))
        return ww_fail(err, -EBADMSG, "field '%s' is not an object", key);
    *ret_value = value;
    return 0;
}

int ww_json_array(const cJSON *object, const char *key, const cJSON **ret_value, struct ww_error *err)
{
    const cJSON *value = json_field(object, key);
    if (value && !cJSON_IsArray(value))
        return ww_fail(err, -EBADMSG, "field '%s' is not an array", key);
    *ret_value = value;
    return 0;
}

int ww_json_text(const cJSON *object, const char *key, const char **ret_value, struct ww_error *err)
{
    const cJSON *value = json_field(object, key);
    if (value && !cJSON_IsString(value))
        return ww_fail(err, -EBADMSG, "field '%s' is not a string", key);
    *ret_value = value ? value->valuestring : NULL;
    return 0;
}

int ww_json_bool(const cJSON *object, const char *key, bool *ret_value, struct ww_error *err)
{
    const cJSON *value = json_field(object, key);
    if (value && !cJSON_IsBool(value))
        return ww_fail(err, -EBADMSG, "field '%s' is not a boolean", key);
    *ret_value = value && cJSON_IsTrue(value);
    return 0;
}

int ww_json_port(const cJSON *object, const char *key, unsigned *ret_value, struct ww_error *err)
{
    const cJSON *value = json_field(object, key);
    if (value && (!cJSON_IsNumber(value) || !(value->valuedouble >= 0 && value->valuedouble <= 65535) ||
                  value->valuedouble != (double)(unsigned)value->valuedouble))
        return ww_fail(err, -EBADMSG, "field '%s' is not a port number", key);
    *ret_value = value ? (unsigned)value->valuedouble : 0;
    return 0;
}

int ww_json_copy_label(const cJSON *object, const char *key, char **ret_copy, struct ww_error *err)
{
    const char *text = NULL;
    int rc = ww_json_text(object, key, &text, err);
    if (rc < 0 || !text)
        return rc;
    char *copy = strdup(text);
    if (!copy)
        return ww_fail(err, -ENOMEM, "out of memory");
    *ret_copy = copy;
    return 0;
}

int ww_json_copy(const cJSON *object, const char *key, char **ret_copy, struct ww_error *err)
{
    const char *text = NULL;
    int rc = ww_json_text(object, key, &text, err);
    if (rc < 0 || !text || !text[0])
        return rc;
    return ww_json_copy_label(object, key, ret_copy, err);
}
