/* What a request is answered. Private to the control socket. */
#ifndef WW_CONTROL_ANSWER_H
#define WW_CONTROL_ANSWER_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/control/control.h"

struct ww_answer {
    unsigned status; /* of HTTP */
    struct ww_buf body;
    const char *type;        /* of the body; NULL: JSON */
    const char *allow;       /* the method that would be right, after a wrong one; else NULL */
    bool unknown;            /* there is no such path */
    char why[WW_ERROR_TEXT]; /* what is wrong, where something is; else "" */
};

/* What is asked for. */
struct ww_request {
    const char *method;
    const char *path;
    /* The value of ?name=…; NULL: there is none. Borrowed until the answer is made. */
    const char *(*value)(void *arg, const char *name);
    void *arg;
};

/* Append what can be asked for, as " status, show, …": paths without what all of them begin with. */
void ww_answer_questions(struct ww_buf *out);

/* {"format": 1, "error": "…"}. */
void ww_answer_error(struct ww_answer *answer, unsigned status, const char *text);

/* Do what the request asks for, and say what came of it. */
void ww_answer(struct ww_answer *answer, const struct ww_control_ops *ops, const struct ww_request *request);

#endif
