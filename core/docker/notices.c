/* What the agent is to log of the source, each thing once in a while. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "core/base/clock.h"
#include "core/docker/source_internal.h"

/* More than these are not kept: the oldest goes. */
#define NOTICES_PENDING 64
#define NOTICES_SAID 64

struct ww_saying {
    struct ww_notice notice;
    int64_t at;
    struct ww_saying *prev;
    struct ww_saying *next;
};

static struct ww_saying *notices_find(struct ww_saying *list, const char *text)
{
    struct ww_saying *saying;
    DL_FOREACH (list, saying) {
        if (strcmp(saying->notice.text, text) == 0)
            return saying;
    }
    return NULL;
}

static void notices_append(struct ww_saying **list, const struct ww_saying *saying, int most)
{
    struct ww_saying *copy = malloc(sizeof(*copy));
    if (!copy)
        return; /* a notice is the least that can be missed */
    *copy = *saying;
    DL_APPEND(*list, copy);
    int count;
    struct ww_saying *oldest = *list;
    DL_COUNT(*list, copy, count);
    if (count > most) {
        DL_DELETE(*list, oldest);
        free(oldest);
    }
}

bool ww_notices_add(struct ww_notices *notices, enum ww_level level, const char *fmt, ...)
{
    struct ww_saying saying = {.notice = {.level = level}, .at = ww_clock_mono()};
    va_list args;
    va_start(args, fmt);
    vsnprintf(saying.notice.text, sizeof(saying.notice.text), fmt, args);
    va_end(args);
    struct ww_saying *before = notices_find(notices->said, saying.notice.text);
    if (before && saying.at - before->at < notices->memory_ns) {
        before->at = saying.at;
        return false;
    }
    if (before) {
        DL_DELETE(notices->said, before);
        free(before);
    }
    notices_append(&notices->said, &saying, NOTICES_SAID);
    notices_append(&notices->pending, &saying, NOTICES_PENDING);
    return true;
}

bool ww_notices_take(struct ww_notices *notices, struct ww_notice *ret_notice)
{
    struct ww_saying *first = notices->pending;
    if (!first)
        return false;
    *ret_notice = first->notice;
    DL_DELETE(notices->pending, first);
    free(first);
    return true;
}

static void notices_free(struct ww_saying **list)
{
    struct ww_saying *saying;
    struct ww_saying *next;
    DL_FOREACH_SAFE(*list, saying, next)
    {
        DL_DELETE(*list, saying);
        free(saying);
    }
}

void ww_notices_done(struct ww_notices *notices)
{
    notices_free(&notices->pending);
    notices_free(&notices->said);
}
