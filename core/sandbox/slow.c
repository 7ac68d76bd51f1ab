#include "core/sandbox/slow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"

#define LONGEST_NS (WW_LIMIT_JAIL_MS * WW_NS_PER_MS)
#define SLOW_NS (50 * WW_NS_PER_MS) /* what fails in less may be tried as often as it comes */
#define LONG_NS (LONGEST_NS / 4)    /* an honest answer takes less, on a slow and busy host, too */
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
        if (l->until > now && l->why && strcmp(l->hash, hash) == 0)
            return ww_fail(err, -ECHILD, "%s", l->why);
    }
    return 0;
}

/* A new entry, in place of the oldest one. */
static struct ww_slow_label *add(struct ww_slow *slow, const char hash[static WW_HASH_HEX])
{
    struct ww_slow_label *l = &slow->labels[slow->next++ % WW_SLOW_LABELS];
    free(l->why);
    *l = (struct ww_slow_label){.until = ww_clock_mono() + REST_NS};
    memcpy(l->hash, hash, WW_HASH_HEX);
    return l;
}

static void rest(struct ww_slow *slow, struct ww_slow_label *l, const char *text)
{
    free(l->why);
    l->why = strdup(text);
    l->until = ww_clock_mono() + REST_NS;
    slow->latest = l->until;
}

void ww_slow_note_failure(struct ww_slow *slow, const char *label, int64_t took, const struct ww_error *err)
{
    char hash[WW_HASH_HEX];
    if (took < SLOW_NS)
        return;
    ww_hash_hex(label, strlen(label), hash);
    rest(slow, add(slow, hash), err->text);
}

static struct ww_slow_label *find_spending(struct ww_slow *slow, const char hash[static WW_HASH_HEX])
{
    int64_t now = ww_clock_mono();
    for (size_t i = 0; i < WW_SLOW_LABELS; i++) {
        struct ww_slow_label *l = &slow->labels[i];
        if (l->until > now && !l->why && strcmp(l->hash, hash) == 0)
            return l;
    }
    return add(slow, hash);
}

void ww_slow_note_answer(struct ww_slow *slow, const char *label, int64_t took)
{
    char hash[WW_HASH_HEX];
    if (took < LONG_NS)
        return;
    ww_hash_hex(label, strlen(label), hash);
    struct ww_slow_label *l = find_spending(slow, hash);
    l->spent += took;
    if (l->spent >= LONGEST_NS)
        rest(slow, l,
             "the process that reads the label is too slow: its last answers took more than "
             "WW_LIMIT_JAIL_MS, so it is not asked again yet");
}

void ww_slow_done(struct ww_slow *slow)
{
    for (size_t i = 0; i < WW_SLOW_LABELS; i++)
        free(slow->labels[i].why);
    *slow = (struct ww_slow){0};
}
