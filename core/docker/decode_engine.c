/* The engine's version, an image, and what an error answer says. */
#include "core/docker/decode.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/docker/json.h"

static int engine_field(const cJSON *json, const char *key, char *buf, size_t size, struct ww_error *err)
{
    const char *text = NULL;
    int rc = ww_json_text(json, key, &text, err);
    if (rc == 0)
        snprintf(buf, size, "%s", text ? text : "");
    return rc;
}

int ww_decode_version(const char *text, size_t len, struct ww_engine_version *ret_version, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    int rc = ww_json_parse(text, len, &json, err);
    if (rc < 0)
        return rc;
    struct ww_engine_version version = {0};
    if (!cJSON_IsObject(json))
        return ww_fail(err, -EBADMSG, "the engine's version is not an object");
    rc = engine_field(json, "Version", version.engine, sizeof(version.engine), err);
    if (rc == 0)
        rc = engine_field(json, "ApiVersion", version.api, sizeof(version.api), err);
    if (rc == 0)
        rc = engine_field(json, "MinAPIVersion", version.min_api, sizeof(version.min_api), err);
    if (rc == 0)
        *ret_version = version;
    return rc;
}

int ww_decode_image_labels(const char *text, size_t len, struct ww_labels *ret_labels, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    const cJSON *config = NULL;
    const cJSON *all = NULL;
    struct ww_labels labels = {0};
    int rc = ww_json_parse(text, len, &json, err);
    if (rc == 0)
        rc = ww_json_object(json, "Config", &config, err);
    if (rc == 0)
        rc = ww_json_object(config, "Labels", &all, err);
    if (rc == 0)
        rc = ww_decode_labels(all, false, &labels, err);
    if (rc < 0)
        ww_labels_done(&labels);
    else
        *ret_labels = labels;
    return rc;
}

int ww_decode_image(const char *text, size_t len, char **ret_id, char **ret_rules, char **ret_audit,
                    struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    int rc = ww_json_parse(text, len, &json, err);
    if (rc < 0)
        return rc;
    const cJSON *config = NULL;
    const cJSON *labels = NULL;
    ww_auto_free char *id = NULL;
    ww_auto_free char *rules = NULL;
    char *audit = NULL;
    if (!cJSON_IsObject(json))
        return ww_fail(err, -EBADMSG, "an image is not an object");
    rc = ww_json_copy(json, "Id", &id, err);
    if (rc == 0)
        rc = ww_json_object(json, "Config", &config, err);
    if (rc == 0)
        rc = ww_json_object(config, "Labels", &labels, err);
    if (rc == 0)
        rc = ww_json_copy_label(labels, "whalewall.rules", &rules, err);
    if (rc == 0)
        rc = ww_json_copy_label(labels, "whalewall.audit", &audit, err);
    if (rc < 0)
        return rc;
    *ret_id = ww_take(id);
    *ret_rules = ww_take(rules);
    *ret_audit = audit;
    return 0;
}

const char *ww_decode_message(const char *text, size_t len, char *buf, size_t size)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    const char *message = NULL;
    if (ww_json_parse(text, len, &json, NULL) == 0 && cJSON_IsObject(json))
        ww_json_text(json, "message", &message, NULL);
    snprintf(buf, size, "%s", message ? message : "");
    for (char *c = buf; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
    return buf;
}
