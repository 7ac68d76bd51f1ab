#include "core/docker/decode.h"

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
