#include "core/kernel/wire/refusal.h"

#include <stdlib.h>

void ww_refusal_done(struct ww_refusal *r)
{
    free(r->id);
    free(r->origin);
    *r = (struct ww_refusal){0};
}
