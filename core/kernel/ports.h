/*
 * Which port of which bridge leads to which container: for each veth port the MAC address of its peer, the container's
 * end (rtnetlink(7), RTNLGRP_LINK). Of this network namespace's bridges; the peers are asked for in theirs, through
 * IFLA_TARGET_NETNSID, so that no namespace has to be entered.
 */
#ifndef WW_KERNEL_PORTS_H
#define WW_KERNEL_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/addr.h"

struct ww_ports;

/* Subscribe, and then read what is there, in the network namespace of the calling thread. -errno. */
int ww_ports_new(struct ww_ports **ret_ports, struct ww_error *err);
void ww_ports_free(struct ww_ports *ports);

/* Readable when there is something to drain. */
int ww_ports_fd(const struct ww_ports *ports);

/*
 * Read what is there, without waiting. 1 when a port appeared, went, or got to know its peer, else 0. Where
 * notifications were lost all is read again. -errno when that fails, or the socket does: what is known may be old.
 */
int ww_ports_drain(struct ww_ports *ports, struct ww_error *err);

/*
 * The interface index of the port of this bridge (its interface's name) behind which `mac` is. 0: there is none, it is
 * not known yet (the peer still has no final address), or several claim to be it. ret_since is left alone then; else it
 * is since when it was seen at the bridge, or is the only one with this address there, ww_clock_mono().
 */
uint32_t ww_ports_find(const struct ww_ports *ports, const char *bridge, const struct ww_mac *mac, int64_t *ret_since);

/*
 * What the bridge is itself: its MAC, and its addresses, the link-local one too (borrowed until the next drain). False:
 * there is no such bridge.
 */
bool ww_ports_own(const struct ww_ports *ports, const char *bridge, struct ww_mac *ret_mac,
                  const struct ww_addr **ret_addrs, size_t *ret_n);

/* Show the name of each bridge for which `find` or `own` may answer otherwise than at the last call of this function. */
void ww_ports_changed(struct ww_ports *ports, void (*fn)(const char *bridge, void *arg), void *arg);

/* Every port whose peer is known, in no order that means anything; stops at the first result that is not 0. */
int ww_ports_each(const struct ww_ports *ports,
                  int (*fn)(const char *bridge, uint32_t port, const struct ww_mac *mac, void *arg), void *arg);

#endif
