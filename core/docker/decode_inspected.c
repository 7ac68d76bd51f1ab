#include <errno.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/docker/decode.h"
#include "core/docker/json.h"

struct inspected {
    ww_inspected_fn *fn;
    void *arg;
};

static void text_cleanup(char **text)
{
    cJSON_free(*text);
}

static int take_inspected(void *arg, const cJSON *element, struct ww_error *err)
{
    const struct inspected *each = arg;
    ww_auto(text_cleanup) char *text = cJSON_PrintUnformatted(element);
    return text ? each->fn(each->arg, text, strlen(text), err) : ww_fail(err, -ENOMEM, "out of memory");
}

int ww_decode_inspected(const char *text, size_t len, ww_inspected_fn *fn, void *arg, struct ww_error *err)
{
    struct inspected each = {.fn = fn, .arg = arg};
    size_t space = 0;
    while (space < len && strchr(" \t\r\n", text[space]) && text[space])
        space++;
    return space < len && text[space] == '[' ? ww_json_each(text, len, take_inspected, &each, err)
                                             : fn(arg, text, len, err);
}
