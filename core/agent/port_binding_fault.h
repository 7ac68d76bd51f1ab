/* Containers that are closed because their port is not known, or is not the one it was taken for: for the log and the
 * status. */
#ifndef WW_AGENT_PORT_BINDING_FAULT_H
#define WW_AGENT_PORT_BINDING_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model/network.h"

struct ww_agent;
struct ww_port_binding_fault;
struct ww_status;

/* All zero: there are none. */
struct ww_port_binding_faults {
    struct ww_port_binding_fault *by_key;
    bool blind_told;     /* the log has said that the engine's process ids mean nothing here */
    int64_t lines_since; /* that many lines were logged of them, ww_clock_mono() */
    unsigned lines;
};

/* Between begin and end, each endpoint of the network that matters is noted; one that is not is forgotten. */
void ww_port_bindings_begin(struct ww_agent *a, const char *network);
void ww_port_bindings_note(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e, uint32_t port);
void ww_port_bindings_end(struct ww_agent *a, const char *network);
/* A port of the network that leads to a managed container (its id, perhaps only 12 digits), and is no endpoint's. runs:
 * a process of the container's is behind it. */
void ww_port_bindings_left(struct ww_agent *a, const struct ww_network *n, const char *container, uint32_t port,
                           bool runs);
/* The container's process says that this port is its, and another container was taken for it (its id, 12 digits). */
void ww_port_bindings_contradicted(struct ww_agent *a, const struct ww_network *n, const struct ww_endpoint *e,
                                   uint32_t port, const char *other);
void ww_port_bindings_blinded(struct ww_agent *a);
/* Time has passed: ask the engine again, and have the networks looked at again, which sets the timer again. */
void ww_port_bindings_retry(struct ww_agent *a);
int ww_port_bindings_problems(const struct ww_agent *a, struct ww_status *s); /* -ENOMEM */
void ww_port_bindings_done(struct ww_port_binding_faults *all);

#endif
