/* One line of the stream of events; which ids and image names are valid. */
#include "core/docker/decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/docker/json.h"

bool ww_id_is_valid(const char *id)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-";
    size_t len = strspn(id, allowed);
    return len && len < WW_OBJECT_ID && !id[len] && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

bool ww_image_name_is_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-/@";
    size_t len = strspn(name, allowed);
    return len && len < WW_OBJECT_ID && !name[len] && name[0] != '/' && !strstr(name, "..") && !strstr(name, "//") &&
           !strstr(name, "/./");
}

/* cJSON keeps numbers as double, which is 256 ns too coarse here: read the digits of the field itself. `near` is what
 * cJSON made of it. In JSON an unescaped quote cannot be inside of a string, so the match is a key. */
static int64_t event_exact_time(const char *text, size_t len, double near)
{
    static const char key[] = "\"timeNano\":";
    const char *found = memmem(text, len, key, sizeof(key) - 1);
    if (found) {
        char digits[24];
        size_t at = (size_t)(found - text) + sizeof(key) - 1;
        size_t have = len - at < sizeof(digits) - 1 ? len - at : sizeof(digits) - 1;
        memcpy(digits, text + at, have);
        digits[have] = '\0';
        long long exact = strtoll(digits, NULL, 10);
        if ((double)exact == near)
            return exact;
    }
    return (int64_t)near - 512;
}

static int event_time(const cJSON *json, const char *text, size_t len, int64_t *ret_ns, struct ww_error *err)
{
    const cJSON *nano = cJSON_GetObjectItemCaseSensitive(json, "timeNano");
    if (!nano || cJSON_IsNull(nano))
        return 0;
    if (!cJSON_IsNumber(nano))
        return ww_fail(err, -EBADMSG, "field 'timeNano' is not a number");
    if (nano->valuedouble >= 1024 && nano->valuedouble < 9e18)
        *ret_ns = event_exact_time(text, len, nano->valuedouble);
    return 0;
}

static void event_copy_id(char *ret_id, const char *id)
{
    if (id && ww_id_is_valid(id))
        memcpy(ret_id, id, strlen(id) + 1);
}

static int event_actor(const cJSON *json, struct ww_event *event, struct ww_error *err)
{
    const cJSON *actor = NULL;
    const cJSON *attributes = NULL;
    const char *id = NULL;
    const char *container = NULL;
    const char *driver = NULL;
    int rc = ww_json_object(json, "Actor", &actor, err);
    if (rc == 0)
        rc = ww_json_text(actor, "ID", &id, err);
    if (rc == 0)
        rc = ww_json_object(actor, "Attributes", &attributes, err);
    if (rc == 0 && event->type == WW_EVENT_NETWORK)
        rc = ww_json_text(attributes, "container", &container, err);
    if (rc == 0 && event->type == WW_EVENT_NETWORK)
        rc = ww_json_text(attributes, "type", &driver, err);
    if (rc < 0)
        return rc;
    event_copy_id(event->id, id);
    event_copy_id(event->container, container);
    event->overlay = driver && strcmp(driver, "overlay") == 0;
    return 0;
}

static int event_read(const cJSON *json, struct ww_event *event, struct ww_error *err)
{
    const char *type = NULL;
    const char *action = NULL;
    if (!cJSON_IsObject(json))
        return ww_fail(err, -EBADMSG, "an event is not an object");
    int rc = ww_json_text(json, "Type", &type, err);
    if (rc == 0)
        rc = ww_json_text(json, "Action", &action, err);
    if (rc < 0)
        return rc;
    if (type && strcmp(type, "container") == 0)
        event->type = WW_EVENT_CONTAINER;
    else if (type && strcmp(type, "network") == 0)
        event->type = WW_EVENT_NETWORK;
    else if (type && strcmp(type, "service") == 0)
        event->type = WW_EVENT_SERVICE;
    snprintf(event->action, sizeof(event->action), "%s", action ? action : "");
    return event_actor(json, event, err);
}

int ww_decode_event(const char *text, size_t len, struct ww_event *ret_event, struct ww_error *err)
{
    ww_auto(ww_json_cleanup) cJSON *json = NULL;
    int rc = ww_json_parse(text, len, &json, err);
    if (rc < 0)
        return rc;
    struct ww_event event = {0};
    rc = event_read(json, &event, err);
    if (rc == 0)
        rc = event_time(json, text, len, &event.time_ns, err);
    if (rc == 0)
        *ret_event = event;
    return rc;
}
