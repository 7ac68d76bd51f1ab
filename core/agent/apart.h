/*
 * Bridges of the host that are none of the engine's networks: another engine's, or the administrator's. An address or a
 * MAC of one of ours may be somebody's there, too, and that is no forgery.
 */
#ifndef WW_AGENT_APART_H
#define WW_AGENT_APART_H

struct ww_agent;

/* Their fences, in the desired ones. Call it when bridges or their ports have changed, or networks of the engine. */
void ww_apart_look(struct ww_agent *a);

/* This bridge is the engine's: it is not apart (any more). */
void ww_apart_claim(struct ww_agent *a, const char *bridge);

/* host_fence.c: the addresses of the host itself, as a fence of no network. */
void ww_host_fence_look(struct ww_agent *a);

#endif
