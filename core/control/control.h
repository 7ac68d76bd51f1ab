/*
 * The control socket's server: HTTP over a unix socket by libmicrohttpd, driven by the host's loop, without threads.
 *
 *     GET /v1/status    the status as JSON (core/control/status.h)
 *     GET /v1/metrics   the same, and what was counted, for Prometheus (core/control/metrics_write.h)
 *     GET /v1/explain   whether a flow may pass, and why (core/control/explain.h): ?from=…&to=…&what=tcp/80
 *     GET /v1/show      one container and its rules (core/control/show.h): ?container=…
 *     GET /v1/enforced  what is in force, container by container (core/control/enforced.h): ?after=…
 *     GET /v1/events    what the program did of late (core/control/events.h): ?since=…
 *     GET /v1/drops     what was dropped of late (core/control/drops.h): ?container=…&since=…
 *     GET /v1/suggest   rules that one container lacks (core/control/suggest.h): ?container=…
 *     POST /v1/clear    remove all that the program made: {"removed": N}, or an error
 *
 * Root and the user that the program runs as can connect; no other user can. A client that is slow or stuck costs one
 * of a few connections for a few seconds, never the program's time.
 */
#ifndef WW_CONTROL_CONTROL_H
#define WW_CONTROL_CONTROL_H

#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/control/drops.h"
#include "core/control/enforced.h"
#include "core/control/events.h"
#include "core/control/explain.h"
#include "core/control/show.h"
#include "core/control/status.h"
#include "core/control/suggest.h"

/* The handler of requests. Called from within ww_control_run. */
struct ww_control_ops {
    void *arg;
    /* Fill in an empty status. -errno: the client gets the text of *err. */
    int (*status)(void *arg, struct ww_status *status, struct ww_error *err);
    /* Fill in an empty explanation. -EINVAL, -ENOENT: it is the question's fault. */
    int (*explain)(void *arg, const struct ww_explain_question *question, struct ww_explanation *explanation,
                   struct ww_error *err);
    /* Fill in an empty one, of the container that goes by this name. Errors as those of explain. */
    int (*show)(void *arg, const char *container, struct ww_show *show, struct ww_error *err);
    /* Fill in an empty answer. container NULL: of all; since 0: all that is remembered. Errors as those of explain. */
    int (*drops)(void *arg, const char *container, uint64_t since, struct ww_drops_answer *drops, struct ww_error *err);
    /* Fill in an empty answer, with the containers whose ids come after this one; NULL: from the first on. */
    int (*enforced)(void *arg, const char *after, struct ww_enforced *enforced, struct ww_error *err);
    /* Fill in an empty answer. since 0: all that is remembered. */
    int (*events)(void *arg, uint64_t since, struct ww_events_answer *events, struct ww_error *err);
    /* Fill in an empty one. Errors as those of explain. */
    int (*suggest)(void *arg, const char *container, struct ww_suggestion *suggestion, struct ww_error *err);
    /* Remove everything: the number of objects, or -errno. */
    int (*clear)(void *arg, struct ww_error *err);
    /* Append the metrics as text. -errno: as with a status. */
    int (*metrics)(void *arg, struct ww_buf *out, struct ww_error *err);
};

struct ww_control;

/* Listen in the data directory. Errors as those of ww_control_socket_listen, and -ENOMEM. */
int ww_control_new(const char *dir, const struct ww_control_ops *ops, struct ww_control **ret_control,
                   struct ww_error *err);
/* NULL is a no-op. Ends all connections, and removes the socket. */
void ww_control_free(struct ww_control *c);

/* Call ww_control_run when this descriptor becomes readable, and when ww_control_timeout (in milliseconds; -1: never)
 * has passed; ask for that anew after each run. While no client is connected there is no time-out. */
int ww_control_fd(const struct ww_control *c);
int64_t ww_control_timeout(const struct ww_control *c);
void ww_control_run(struct ww_control *c);

/* Is an answer still on its way to a client? */
bool ww_control_is_busy(const struct ww_control *c);

#endif
