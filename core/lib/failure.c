#include "core/lib/failure.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(((struct whalewall_error *)0)->text) == WW_ERROR_TEXT, "an error's text fits outside, too");

int ww_failure(struct whalewall_error *error, const struct ww_error *err)
{
    if (error) {
        error->code = err->code;
        memcpy(error->text, err->text, sizeof(error->text));
    }
    return err->code;
}

const char *whalewall_version(void)
{
    return WW_VERSION;
}

void whalewall_free(void *memory)
{
    free(memory);
}
