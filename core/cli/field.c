#include "core/cli/field.h"

#include <errno.h>

#include "core/base/buf.h"
#include "core/base/text.h"

const cJSON *ww_field(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *ww_field_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(ww_field(object, key));
}

const char *ww_field_words(const cJSON *object, const char *key)
{
    const char *text = ww_field_text(object, key);
    return text ? text : "";
}

double ww_field_number(const cJSON *object, const char *key)
{
    const cJSON *value = ww_field(object, key);
    return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

bool ww_field_true(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(ww_field(object, key));
}

int ww_field_format(const cJSON *object, int format, struct ww_error *err)
{
    if (ww_field_number(object, "format") != format)
        return ww_fail(err, -EBADMSG, "the answer is of a version that this one cannot read");
    return 0;
}

void ww_field_print(enum ww_colour colour, const char *text, bool colours, FILE *out)
{
    struct ww_buf plain = {0};
    ww_text_plain(&plain, text ? text : "", 0);
    if (plain.len && ww_buf_ok(&plain))
        ww_colour_print(colour, plain.data, colours, out);
    ww_buf_done(&plain);
}
