/* Any bytes as any answer: the first byte says which. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/docker/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int drop_container(void *arg, struct ww_container *c, struct ww_error *err)
{
    (void)arg;
    (void)err;
    ww_container_free(c);
    return 0;
}

static int check_id(void *arg, const char *id, struct ww_error *err)
{
    (void)arg;
    (void)err;
    if (!ww_id_is_valid(id))
        abort();
    return 0;
}

static void decode_objects(uint8_t what, const char *text, size_t len)
{
    struct ww_container *c = NULL;
    struct ww_network *n = NULL;
    if (what == 0 && ww_decode_container(text, len, &c, NULL) == 0 && !ww_id_is_valid(c->id))
        abort();
    if (what == 1 && ww_decode_network(text, len, &n, NULL) == 0 && !ww_id_is_valid(n->id))
        abort();
    ww_container_free(c);
    ww_network_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ww_event event;
    struct ww_engine_version version;
    struct ww_container *created = NULL;
    char *image = NULL;
    char *rules = NULL;
    char *audit = NULL;
    char message[64];
    struct ww_services services = {0};
    if (!size)
        return 0;
    const char *text = (const char *)data + 1;
    size_t len = size - 1;
    switch (data[0] % 8) {
    case 2:
        ww_decode_containers(text, len, drop_container, NULL, NULL);
        break;
    case 3:
        ww_decode_network_ids(text, len, check_id, NULL, NULL);
        break;
    case 4:
        if (ww_decode_created(text, len, &created, NULL) == 0 && !ww_id_is_valid(created->id))
            abort();
        ww_container_free(created);
        if (ww_decode_event(text, len, &event, NULL) == 0 && event.time_ns < 0)
            abort();
        break;
    case 5:
        ww_decode_version(text, len, &version, NULL);
        break;
    case 6:
        if (ww_decode_image(text, len, &image, &rules, &audit, NULL) == 0) {
            free(image);
            free(rules);
            free(audit);
        }
        ww_decode_message(text, len, message, sizeof(message));
        break;
    case 7:
        if (ww_decode_services(text, len, &services, NULL) == 0)
            for (size_t i = 0; i < services.n; i++)
                if (!ww_id_is_valid(services.items[i].id) || !services.items[i].strays)
                    abort();
        ww_services_done(&services);
        break;
    default:
        decode_objects(data[0] % 8, text, len);
    }
    return 0;
}
