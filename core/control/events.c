/* Events as JSON. docs/control.md describes every field, and a test holds the two together. */
#include "core/control/events.h"

#include <errno.h>
#include <stdlib.h>

#include "core/control/writer.h"

int ww_events_answer_add(struct ww_events_answer *a, const struct ww_event *event)
{
    const struct ww_event **events = reallocarray(a->events, a->n + 1, sizeof(const struct ww_event *));
    if (!events)
        return -ENOMEM;
    a->events = events;
    events[a->n++] = event;
    return 0;
}

void ww_events_answer_done(struct ww_events_answer *a)
{
    free(a->events);
    *a = (struct ww_events_answer){0};
}

static void write_event(struct ww_writer *w, const struct ww_event *e)
{
    ww_write_open(w, NULL, '{');
    ww_write_number(w, "seq", (int64_t)e->seq);
    ww_write_time(w, "time", e->time_ns);
    ww_write_text(w, "kind", e->kind);
    ww_write_text(w, "level", e->level);
    ww_write_text(w, "text", e->text);
    ww_write_text(w, "container", e->container);
    ww_write_text(w, "id", e->id);
    ww_buf_fmt(w->out, ",\"details\":%s", e->details);
    ww_write_close(w, '}');
}

void ww_events_answer_write(const struct ww_events_answer *a, struct ww_buf *out)
{
    struct ww_writer w = {.out = out};
    ww_write_open(&w, NULL, '{');
    ww_write_number(&w, "format", WW_EVENTS_FORMAT);
    ww_write_number(&w, "next", (int64_t)a->next);
    ww_write_number(&w, "missed", (int64_t)a->missed);
    ww_write_open(&w, "events", '[');
    for (size_t i = 0; i < a->n; i++)
        write_event(&w, a->events[i]);
    ww_write_close(&w, ']');
    ww_write_close(&w, '}');
    ww_buf_str(out, "\n");
}
