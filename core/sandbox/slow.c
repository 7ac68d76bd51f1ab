#include "core/sandbox/slow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/keyed.h"
#include "core/base/limits.h"

#define LONGEST_NS (WW_LIMIT_JAIL_MS * WW_NS_PER_MS)
#define SLOW_NS (50 * WW_NS_PER_MS) /* what fails in less may be tried as often as it comes */
#define LONG_NS (LONGEST_NS / 4)    /* an honest answer takes less, on a slow and busy host, too */
#define REST_NS (20 * WW_NS_PER_S)  /* less than the time after which faults are tried again: core/agent/loop.c */
#define SHARE 20                    /* all that rest: so many times what they took */
#define REST_MAX_NS (3600 * WW_NS_PER_S)

struct ww_slow_label {
    char *hash;    /* owned: the key */
    int64_t until; /* ww_clock_mono() */
    int64_t took;  /* nanoseconds: when it was tried last, or for right answers that were slow, together */
    char *why;     /* owned; NULL: it is still tried */
    UT_hash_handle hh;
};

static struct ww_slow_label *find_label(const struct ww_slow *slow, const char *label,
                                        char ret_hash[static WW_HASH_HEX])
{
    struct ww_slow_label *l;
    ww_hash_hex(label, strlen(label), ret_hash);
    HASH_FIND_STR(slow->labels, ret_hash, l);
    return l;
}

static const struct ww_slow_label *find_resting(const struct ww_slow *slow, const char *label)
{
    char hash[WW_HASH_HEX];
    int64_t now = ww_clock_mono();
    if (slow->latest <= now)
        return NULL;
    const struct ww_slow_label *l = find_label(slow, label, hash);
    return l && l->why && l->until > now ? l : NULL;
}

int ww_slow_check(const struct ww_slow *slow, const char *label, struct ww_error *err)
{
    const struct ww_slow_label *l = find_resting(slow, label);
    return l ? ww_fail(err, -ECHILD, "%s", l->why) : 0;
}

int64_t ww_slow_rests(const struct ww_slow *slow, const char *label)
{
    const struct ww_slow_label *l = find_resting(slow, label);
    return l ? l->until - ww_clock_mono() : 0;
}

static void forget_label(struct ww_slow *slow, struct ww_slow_label *l)
{
    free(l->why);
    ww_keyed_drop(slow->labels, l, hash);
}

/* NULL: no memory. */
static struct ww_slow_label *add_label(struct ww_slow *slow, const char hash[static WW_HASH_HEX])
{
    struct ww_slow_label *l;
    if (HASH_COUNT(slow->labels) >= WW_SLOW_LABELS)
        forget_label(slow, slow->labels);
    ww_keyed_add(slow->labels, l, hash, hash);
    return l;
}

/* What all take that rest, when they are tried again. */
static int64_t time_of_all(const struct ww_slow *slow)
{
    int64_t all = 0;
    for (const struct ww_slow_label *l = slow->labels; l; l = l->hh.next)
        if (l->why)
            all += l->took;
    return all;
}

static void rest(struct ww_slow *slow, struct ww_slow_label *l, const char *text)
{
    free(l->why);
    l->why = strdup(text);
    int64_t ns = SHARE * time_of_all(slow);
    l->until = ww_clock_mono() + (ns < REST_NS ? REST_NS : ns > REST_MAX_NS ? REST_MAX_NS : ns);
    if (slow->latest < l->until)
        slow->latest = l->until;
}

void ww_slow_note_failure(struct ww_slow *slow, const char *label, int64_t took, const struct ww_error *err)
{
    char hash[WW_HASH_HEX];
    struct ww_slow_label *l = find_label(slow, label, hash);
    if (took < SLOW_NS) {
        if (l)
            forget_label(slow, l);
        return;
    }
    if (!l && !(l = add_label(slow, hash)))
        return;
    l->took = took;
    rest(slow, l, err->text);
}

void ww_slow_note_answer(struct ww_slow *slow, const char *label, int64_t took)
{
    char hash[WW_HASH_HEX];
    struct ww_slow_label *l = find_label(slow, label, hash);
    if (l && (l->why || l->until <= ww_clock_mono())) {
        forget_label(slow, l);
        l = NULL;
    }
    if (took < LONG_NS || (!l && !(l = add_label(slow, hash))))
        return;
    if (!l->took)
        l->until = ww_clock_mono() + REST_NS;
    l->took += took;
    if (l->took >= LONGEST_NS)
        rest(slow, l,
             "the process that reads the label is too slow: its last answers took more than "
             "WW_LIMIT_JAIL_MS, so it is not asked again yet");
}

void ww_slow_done(struct ww_slow *slow)
{
    while (slow->labels)
        forget_label(slow, slow->labels);
    slow->latest = 0;
}
