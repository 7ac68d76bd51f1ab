#include "core/sandbox/slow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"

#define SLOW_NS (50 * WW_NS_PER_MS) /* what takes less may be tried as often as it comes */
#define REST_NS (20 * WW_NS_PER_S)  /* less than the time after which faults are tried again: core/agent/loop.c */

int ww_slow_check(const struct ww_slow *slow, const char *label, struct ww_error *err)
{
    char hash[WW_HASH_HEX];
    int64_t now = ww_clock_mono();
    if (slow->latest <= now)
        return 0;
    ww_hash_hex(label, strlen(label), hash);
    for (size_t i = 0; i < WW_SLOW_LABELS; i++) {
        const struct ww_slow_label *l = &slow->labels[i];
        if (l->until > now && strcmp(l->hash, hash) == 0)
            return ww_fail(err, -ECHILD, "%s", l->why);
    }
    return 0;
}

void ww_slow_note(struct ww_slow *slow, const char *label, int64_t took, const struct ww_error *err)
{
    char *why = took >= SLOW_NS ? strdup(err->text) : NULL;
    if (!why)
        return;
    struct ww_slow_label *l = &slow->labels[slow->next++ % WW_SLOW_LABELS];
    free(l->why);
    l->why = why;
    l->until = ww_clock_mono() + REST_NS;
    slow->latest = l->until;
    ww_hash_hex(label, strlen(label), l->hash);
}

void ww_slow_done(struct ww_slow *slow)
{
    for (size_t i = 0; i < WW_SLOW_LABELS; i++)
        free(slow->labels[i].why);
    *slow = (struct ww_slow){0};
}
