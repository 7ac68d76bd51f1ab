/* Labels of an object: all, where policies read them, and those that look like ours and are none. */
#include "core/docker/decode.h"

#include <errno.h>
#include <string.h>

int ww_decode_labels(const cJSON *labels, bool event, struct ww_labels *ret_labels, struct ww_error *err)
{
    const cJSON *label = NULL;
    cJSON_ArrayForEach(label, labels)
    {
        bool skip = event && (strcmp(label->string, "name") == 0 || strcmp(label->string, "image") == 0);
        if (!skip && cJSON_IsString(label) && ww_labels_add(ret_labels, label->string, label->valuestring) < 0)
            return ww_fail(err, -ENOMEM, "out of memory");
    }
    return 0;
}

int ww_decode_strays(const cJSON *labels, enum ww_label_place place, struct ww_strays **ret_strays,
                     struct ww_error *err)
{
    const cJSON *label = NULL;
    cJSON_ArrayForEach(label, labels)
    {
        int rc = ww_strays_note(ret_strays, place, label->string, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
