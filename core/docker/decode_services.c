/* The swarm's services, of which only labels that look like ours are kept. */
#include <errno.h>

#include "core/docker/decode.h"
#include "core/docker/json.h"

/* What its containers have, too, is obeyed. */
static int service_strays(const cJSON *own, const cJSON *containers, struct ww_strays **ret_strays,
                          struct ww_error *err)
{
    const cJSON *label = NULL;
    int rc = 0;
    cJSON_ArrayForEach(label, own)
    {
        if (rc == 0 && !cJSON_GetObjectItemCaseSensitive(containers, label->string))
            rc = ww_strays_note(ret_strays, WW_LABEL_ON_SERVICE, label->string, err);
    }
    return rc < 0 ? rc : ww_strays_end(*ret_strays, err);
}

static int service_labels(const cJSON *spec, struct ww_strays **ret_strays, struct ww_error *err)
{
    const cJSON *own = NULL;
    const cJSON *task = NULL;
    const cJSON *container = NULL;
    const cJSON *labels = NULL;
    int rc = ww_json_object(spec, "Labels", &own, err);
    if (rc == 0)
        rc = ww_json_object(spec, "TaskTemplate", &task, err);
    if (rc == 0)
        rc = ww_json_object(task, "ContainerSpec", &container, err);
    if (rc == 0)
        rc = ww_json_object(container, "Labels", &labels, err);
    return rc < 0 ? rc : service_strays(own, labels, ret_strays, err);
}

static int service_read(void *services, const cJSON *json, struct ww_error *err)
{
    struct ww_strays *strays = NULL;
    const cJSON *spec = NULL;
    const char *id = NULL;
    const char *name = NULL;
    if (!cJSON_IsObject(json))
        return ww_fail(err, -EBADMSG, "a service is not an object");
    int rc = ww_json_text(json, "ID", &id, err);
    if (rc == 0 && (!id || !ww_id_is_valid(id)))
        rc = ww_fail(err, -EBADMSG, "field 'ID' is not an id");
    if (rc == 0)
        rc = ww_json_object(json, "Spec", &spec, err);
    if (rc == 0)
        rc = ww_json_text(spec, "Name", &name, err);
    if (rc == 0)
        rc = service_labels(spec, &strays, err);
    if (rc == 0 && strays)
        rc = ww_services_add(services, id, name ? name : "", &strays, err);
    ww_strays_free(strays);
    return rc;
}

int ww_decode_services(const char *text, size_t len, struct ww_services *ret_services, struct ww_error *err)
{
    struct ww_services services = {0};
    int rc = ww_json_each(text, len, service_read, &services, err);
    if (rc < 0)
        ww_services_done(&services);
    else
        *ret_services = services;
    return rc;
}
