#include "core/control/explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/error.h"

int ww_explanation_add_way(struct ww_explanation *e, struct ww_explain_way **ret_way)
{
    struct ww_explain_way *ways = reallocarray(e->ways, e->n_ways + 1, sizeof(*ways));
    if (!ways)
        return -ENOMEM;
    e->ways = ways;
    ways[e->n_ways] = (struct ww_explain_way){0};
    *ret_way = &ways[e->n_ways++];
    return 0;
}

int ww_explanation_add_range(struct ww_explanation *e, const char *protocol, uint16_t first, uint16_t last,
                             enum ww_explain_verdict verdict)
{
    struct ww_explain_range *ranges = reallocarray(e->ranges, e->n_ranges + 1, sizeof(*ranges));
    if (!ranges)
        return -ENOMEM;
    e->ranges = ranges;
    ranges[e->n_ranges++] =
        (struct ww_explain_range){.protocol = protocol, .first = first, .last = last, .verdict = verdict};
    return 0;
}

int ww_explanation_note(struct ww_explanation *e, const char *fmt, ...)
{
    char text[WW_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    for (size_t i = 0; i < e->n_notes; i++)
        if (strcmp(e->notes[i], text) == 0)
            return 0;
    char **notes = reallocarray(e->notes, e->n_notes + 1, sizeof(*notes));
    if (!notes)
        return -ENOMEM;
    e->notes = notes;
    notes[e->n_notes] = strdup(text);
    return notes[e->n_notes] ? (e->n_notes++, 0) : -ENOMEM;
}

static size_t count_ways(const struct ww_explanation *e, enum ww_explain_verdict verdict)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n_ways; i++)
        n += e->ways[i].verdict == verdict;
    return n;
}

void ww_explanation_sum_up(struct ww_explanation *e)
{
    e->verdict = WW_EXPLAIN_PARTLY;
    if (count_ways(e, WW_EXPLAIN_REFUSED) == e->n_ways)
        e->verdict = WW_EXPLAIN_REFUSED;
    else if (count_ways(e, e->ways[0].verdict) == e->n_ways)
        e->verdict = e->ways[0].verdict;
    else if (count_ways(e, WW_EXPLAIN_UNKNOWN))
        e->verdict = WW_EXPLAIN_UNKNOWN;
}

void ww_explanation_sum_up_ranges(struct ww_explanation *e)
{
    e->verdict = e->n_ranges && !e->some_refused ? e->ranges[0].verdict : WW_EXPLAIN_REFUSED;
    for (size_t i = 0; i < e->n_ranges; i++)
        if (e->ranges[i].verdict != e->verdict)
            e->verdict = WW_EXPLAIN_PARTLY;
}

void ww_explanation_done(struct ww_explanation *e)
{
    free(e->ranges);
    for (size_t i = 0; i < e->n_ways; i++)
        for (size_t k = 0; k < e->ways[i].n_steps; k++)
            free(e->ways[i].steps[k].hint);
    for (size_t i = 0; i < e->n_notes; i++)
        free(e->notes[i]);
    free(e->ways);
    free(e->notes);
    *e = (struct ww_explanation){0};
}

const char *ww_explain_verdict_text(enum ww_explain_verdict verdict)
{
    static const char *const texts[] = {
        [WW_EXPLAIN_ALLOWED] = "allowed",       [WW_EXPLAIN_REFUSED] = "refused", [WW_EXPLAIN_UNKNOWN] = "unknown",
        [WW_EXPLAIN_UNFILTERED] = "unfiltered", [WW_EXPLAIN_PARTLY] = "partly",
    };
    return texts[verdict];
}
