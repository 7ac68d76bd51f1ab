#include "core/agent/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/text.h"

#define TEXT_MOST 512 /* bytes of one detail */

struct ww_events {
    struct ww_event kept[WW_EVENTS_KEPT]; /* the one with number n is at n modulo that; its strings are owned */
    uint64_t seq;
};

struct ww_events *ww_events_new(void)
{
    return calloc(1, sizeof(struct ww_events));
}

static void event_done(struct ww_event *e)
{
    free((char *)e->kind);
    free((char *)e->text);
    free((char *)e->container);
    free((char *)e->id);
    free((char *)e->details);
    *e = (struct ww_event){0};
}

void ww_events_free(struct ww_events *events)
{
    for (size_t i = 0; events && i < WW_EVENTS_KEPT; i++)
        event_done(&events->kept[i]);
    free(events);
}

static bool is_key(const struct ww_field *field, const char *key)
{
    return field->key && strcmp(field->key, key) == 0;
}

/* What says which container it is has fields of its own; empty texts say nothing. */
static bool is_detail(const struct ww_field *field)
{
    return field->key && !is_key(field, "container.name") && !is_key(field, "container.id") &&
           !(field->text && !*field->text);
}

static char *details_of(const struct ww_field *fields, size_t n)
{
    struct ww_buf out = {0};
    const char *comma = "";
    ww_buf_str(&out, "{");
    for (size_t i = 0; i < n; i++) {
        if (!is_detail(&fields[i]))
            continue;
        ww_buf_str(&out, comma);
        ww_text_json(&out, fields[i].key, 0);
        ww_buf_str(&out, ":");
        if (fields[i].text)
            ww_text_json(&out, fields[i].text, fields[i].max ? fields[i].max : TEXT_MOST);
        else
            ww_buf_fmt(&out, "%lld", (long long)fields[i].number);
        comma = ",";
    }
    ww_buf_str(&out, "}");
    char *text = ww_buf_ok(&out) ? ww_buf_take(&out) : NULL;
    ww_buf_done(&out);
    return text;
}

static const char *kind_of(enum ww_level level, const char *kind)
{
    if (kind)
        return kind;
    return level == WW_ERROR ? "error" : "warning";
}

static const char *level_name(enum ww_level level)
{
    return level == WW_ERROR ? "error" : level == WW_WARN ? "warn" : "info";
}

static bool event_fill(struct ww_event *e, enum ww_level level, const char *kind, const char *msg,
                       const struct ww_field *fields, size_t n)
{
    bool whole = true;
    *e = (struct ww_event){.time_ns = ww_clock_real(),
                           .level = level_name(level),
                           .kind = strdup(kind_of(level, kind)),
                           .text = strdup(msg),
                           .details = details_of(fields, n)};
    for (size_t i = 0; i < n; i++) {
        if (is_key(&fields[i], "container.name") && !e->container)
            whole = (e->container = strdup(fields[i].text)) && whole;
        else if (is_key(&fields[i], "container.id") && !e->id)
            whole = (e->id = strndup(fields[i].text, fields[i].max ? fields[i].max : strlen(fields[i].text))) && whole;
    }
    return whole && e->kind && e->text && e->details;
}

void ww_events_note(void *arg, enum ww_level level, const char *kind, const char *msg, const struct ww_field *fields,
                    size_t n)
{
    struct ww_events *events = arg;
    struct ww_event event;
    if (level == WW_DEBUG || (kind && strcmp(kind, WW_EVENT_DROP) == 0))
        return;
    if (!event_fill(&event, level, kind, msg, fields, n)) {
        event_done(&event);
        return;
    }
    event.seq = ++events->seq;
    struct ww_event *place = &events->kept[event.seq % WW_EVENTS_KEPT];
    event_done(place);
    *place = event;
}

int ww_events_answer(const struct ww_events *events, uint64_t since, struct ww_events_answer *ret_answer,
                     struct ww_error *err)
{
    uint64_t first = events->seq > WW_EVENTS_KEPT ? events->seq - WW_EVENTS_KEPT + 1 : 1;
    if (since > events->seq) /* of a program that ran before */
        since = 0;
    ret_answer->next = events->seq;
    ret_answer->missed = since && since + 1 < first ? first - since - 1 : 0;
    for (uint64_t seq = since + 1 > first ? since + 1 : first; seq <= events->seq; seq++)
        if (ww_events_answer_add(ret_answer, &events->kept[seq % WW_EVENTS_KEPT]) < 0)
            return ww_fail(err, -ENOMEM, "out of memory");
    return 0;
}
