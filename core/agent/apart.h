/*
 * Bridges of the host that are none of the engine's networks: another engine's, or the administrator's. An address or a
 * MAC of a managed endpoint may also be that of an interface there, and that is no forgery.
 */
#ifndef WW_AGENT_APART_H
#define WW_AGENT_APART_H

struct ww_agent;
struct ww_error;
struct ww_fence;

/* Their fences, in the desired ones. Call it when bridges or their ports have changed, or networks of the engine. */
void ww_apart_look(struct ww_agent *a);

/* This bridge is the engine's: it is not apart (any more). */
void ww_apart_leave(struct ww_agent *a, const char *bridge);

/* A fence that no network of the engine's asks for: seal it, and desire it where it differs from the one before. */
int ww_apart_desire(struct ww_agent *a, struct ww_fence *f, struct ww_error *err);

/* Such a fence is not desired any more, if it was. */
void ww_apart_drop(struct ww_agent *a, const char *id);

#endif
