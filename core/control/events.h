/* What the program did of late. docs/control.md says what each field means to those who read it as JSON. */
#ifndef WW_CONTROL_EVENTS_H
#define WW_CONTROL_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"

#define WW_EVENTS_FORMAT 1 /* the version of the JSON form, as WW_STATUS_FORMAT is of the status */

struct ww_event {
    uint64_t seq; /* one more than that of the event before */
    int64_t time_ns;
    const char *kind;  /* "enforced", … */
    const char *level; /* "info", "warn", "error" */
    const char *text;
    const char *container; /* its name; NULL: it is about none */
    const char *id;        /* of the container, 12 digits; NULL: none */
    const char *details;   /* what else is known: an object of JSON */
};

/* Everything is borrowed, from whatever filled it in, until that changes; the array is its own. */
struct ww_events_answer {
    uint64_t next;                  /* to ask with for what comes after this */
    uint64_t missed;                /* events after the one that was asked with that are not remembered any more */
    const struct ww_event **events; /* in the order of seq */
    size_t n;
};

int ww_events_answer_add(struct ww_events_answer *a, const struct ww_event *event); /* -ENOMEM */
void ww_events_answer_done(struct ww_events_answer *a);

/* Append one line: the object of version WW_EVENTS_FORMAT. */
void ww_events_answer_write(const struct ww_events_answer *a, struct ww_buf *out);

#endif
