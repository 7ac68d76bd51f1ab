/*
 * The ports of this network namespace's bridges, and the container behind each (rtnetlink(7), RTNLGRP_LINK): for each
 * veth port the network namespace that its far end, the container's, lives in, and that one's MAC address. The far ends
 * are asked for in theirs, through IFLA_TARGET_NETNSID, so that no namespace has to be entered.
 */
#ifndef WW_KERNEL_PORTS_H
#define WW_KERNEL_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/kernel/bridge/portmap.h"

struct ww_ports;

/* Subscribe, and then read what is there, in the network namespace of the calling thread. -errno. */
int ww_ports_new(struct ww_ports **ret_ports, struct ww_error *err);
void ww_ports_free(struct ww_ports *ports);

/* Readable when there is something to drain. */
int ww_ports_fd(const struct ww_ports *ports);

/*
 * Read what is there, without waiting. 1 when a port appeared, went, or got to know its far end, else 0. Where
 * notifications were lost all is read again. -errno when that fails, or the socket does: what is known may be old.
 */
int ww_ports_drain(struct ww_ports *ports, struct ww_error *err);

/* To look things up in. Valid until the next drain. */
const struct ww_portmap *ww_ports_map(const struct ww_ports *ports);

/*
 * What the bridge is itself: its MAC, and its addresses, the link-local one too (borrowed until the next drain). False:
 * there is no such bridge.
 */
bool ww_ports_own(const struct ww_ports *ports, const char *bridge, struct ww_mac *ret_mac,
                  const struct ww_addr **ret_addrs, size_t *ret_n);

/* From here on the port is this container's, or, with WW_PROOF_NONE, no known container's; as long as it stays at its
 * bridge. -ENODEV: there is no such port; -ENOMEM. */
int ww_ports_give(struct ww_ports *ports, uint32_t port, const char *id, enum ww_proof proof);
/* The same with WW_PROOF_PID: by this process, named by its number in this pid namespace. */
int ww_ports_prove(struct ww_ports *ports, uint32_t port, const char *id, int64_t process);

/*
 * The number that this network namespace has for a process's network namespace now; the process is named by its number
 * in this pid namespace. -1: it has none, so no port leads there. -ESRCH: there is no such process, or it cannot be
 * seen from here.
 */
int ww_ports_netns(struct ww_ports *ports, int64_t pid, int32_t *ret_netns);
/* Does this port lead into the network namespace of that process, now? 1 or 0; -ESRCH, -ENODEV: one of them is gone. */
int ww_ports_leads_to(struct ww_ports *ports, uint32_t port, int64_t pid);

/*
 * The engine says which process a container has, by its number in this pid namespace; 0: none. ww_ports_resident tells
 * which of these containers' network namespace a port leads into now (its full id, borrowed until the next call of
 * either); NULL: no container's.
 */
int ww_ports_note_process(struct ww_ports *ports, const char *id, int64_t pid); /* -ENOMEM */
const char *ww_ports_resident(struct ww_ports *ports, const struct ww_port *port);

/* The port was bound as a managed container's, or as another's. That is kept when it is no longer known which container
 * the port is of. */
void ww_ports_mark(struct ww_ports *ports, uint32_t port, bool managed);

/* Have the host's own addresses changed since this was asked last? ww_portmap_each_host has them. */
bool ww_ports_host_changed(struct ww_ports *ports);
/* Show the name of each bridge where the map, or what the bridge is itself, has changed since the last call of this
 * function. */
void ww_ports_changed(struct ww_ports *ports, void (*fn)(const char *bridge, void *arg), void *arg);

#endif
