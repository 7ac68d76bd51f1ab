/* Bridges, their ports, and which MAC address is behind which: the memory of ports.c. */
#ifndef WW_KERNEL_PORTMAP_H
#define WW_KERNEL_PORTMAP_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "core/model/addr.h"

struct ww_bridge {
    UT_hash_handle hh;    /* by index */
    UT_hash_handle named; /* by name */
    uint32_t index;
    char name[IFNAMSIZ];
    unsigned round;
    bool changed; /* what can be found behind its ports has, or what it is itself; whoever asks resets it */
    struct ww_mac mac;
    struct ww_addr *own; /* its addresses */
    size_t n_own;
};

struct ww_port {
    UT_hash_handle hh;
    uint32_t index;
    uint32_t bridge;
    uint32_t peer;
    int32_t netns; /* the peer's, by its number here; -1: this one */
    bool final;    /* the peer's address was read where it lives, after it was brought up there */
    int64_t since; /* it is at this bridge, ww_clock_mono */
    unsigned round;
    struct ww_mac mac;    /* zero: not known */
    struct ww_port *next; /* that claims to be in the same place */
};

/* All zero is empty and valid. */
struct ww_portmap {
    struct ww_bridge *bridges;
    struct ww_bridge *by_name;
    struct ww_port *ports;
    struct ww_portmap_place *places;
    unsigned round; /* of reading everything; what was not seen in it is gone */
    bool changed;   /* that of a bridge, or more; whoever asks resets it */
};

void ww_portmap_done(struct ww_portmap *map);

/* Make it, or rename it. -ENOMEM. */
int ww_portmap_put_bridge(struct ww_portmap *map, uint32_t index, const char *name);
/* The port, made if need be; NULL when out of memory. */
struct ww_port *ww_portmap_put_port(struct ww_portmap *map, uint32_t index);
/* Set what is behind it, zero for nobody knows; -ENOMEM. Before its bridge changes it must be zero. */
int ww_portmap_place(struct ww_portmap *map, struct ww_port *port, const struct ww_mac *mac);

/* A bridge or a port is gone; others' indices do nothing. */
void ww_portmap_remove_bridge(struct ww_portmap *map, uint32_t index);
void ww_portmap_remove_port(struct ww_portmap *map, uint32_t index);
/* All that was not seen in this round. */
void ww_portmap_remove_old(struct ww_portmap *map);

/* 0: none, or more than one. ret_since: as that of ww_ports_find(). */
uint32_t ww_portmap_find(const struct ww_portmap *map, const char *bridge, const struct ww_mac *mac,
                         int64_t *ret_since);
const struct ww_bridge *ww_portmap_bridge(const struct ww_portmap *map, uint32_t index); /* NULL: none */
const struct ww_bridge *ww_portmap_bridge_named(const struct ww_portmap *map, const char *name);

/*
 * portmap_own.c: what a bridge is itself. An index that is none of a bridge is nobody's business. -ENOMEM.
 */
void ww_portmap_own_mac(struct ww_portmap *map, uint32_t index, const struct ww_mac *mac);
int ww_portmap_own_addr(struct ww_portmap *map, uint32_t index, const struct ww_addr *addr, bool there);
void ww_portmap_own_forget(struct ww_portmap *map); /* all addresses: they are about to be read anew */

#endif
