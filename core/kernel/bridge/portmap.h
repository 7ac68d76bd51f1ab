/* Bridges, their ports, and what is known of the container behind each: the memory of ports.c. */
#ifndef WW_KERNEL_PORTMAP_H
#define WW_KERNEL_PORTMAP_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "core/model/addr.h"

/* A container's id as far as it is kept: the first 12 digits. */
#define WW_OWNER 12

/* How it is known that a port is a container's; what is better is greater. */
enum ww_proof {
    WW_PROOF_NONE,
    WW_PROOF_GUESS, /* no other interface has that MAC, but the container runs, and could have changed it */
    WW_PROOF_EARLY, /* the same, before anything of the container has run */
    WW_PROOF_BOUND, /* the kernel's rules have it so, since an earlier run of this program */
    WW_PROOF_PID,   /* it leads into the network namespace of the container's process */
};

/* What ports are found by; several ports may have the same one. */
enum ww_trait { WW_BY_MAC, WW_BY_NETNS, WW_BY_OWNER, WW_TRAITS };

struct ww_bridge {
    UT_hash_handle hh;    /* by index */
    UT_hash_handle named; /* by name */
    uint32_t index;
    char name[IFNAMSIZ];
    unsigned round;
    bool changed; /* what can be found behind its ports has, or what it is itself; the reader resets it */
    struct ww_mac mac;
    struct ww_addr *own; /* its addresses */
    size_t n_own;
    int64_t since; /* it is there, ww_clock_mono */
};

struct ww_port {
    UT_hash_handle hh;
    uint32_t index;
    uint32_t bridge;
    uint32_t far_end;
    int32_t netns; /* the far end's, by its number here; -1: this one */
    bool final;    /* the far end's address was read where it lives, after it was brought up there */
    int64_t since; /* it is at this bridge, ww_clock_mono */
    bool old;      /* … since before the program was there */
    bool managed;  /* it was last bound as a managed container's */
    unsigned round;
    struct ww_mac mac;     /* zero: not known */
    struct ww_mac own_mac; /* of the port itself, on this side */
    char owner[WW_OWNER + 1];
    enum ww_proof proof;             /* NONE: it is no known container's */
    int64_t process;                 /* that was the proof, also while the port is BOUND since; 0: none was */
    struct ww_port *next[WW_TRAITS]; /* the next port with the same trait */
};

struct ww_host_address; /* one of an interface of this namespace */

/* All zero is empty and valid. */
struct ww_portmap {
    struct ww_bridge *bridges;
    struct ww_bridge *by_name;
    struct ww_port *ports;
    struct ww_portmap_place *places;
    unsigned round; /* of reading everything; what was not seen in it is gone */
    bool changed;   /* that of a bridge, or more; the reader resets it */
    struct ww_host_address *hosts;
    bool hosts_changed; /* the reader resets it */
};

void ww_portmap_done(struct ww_portmap *map);

/* Make it, or rename it. -ENOMEM. */
int ww_portmap_put_bridge(struct ww_portmap *map, uint32_t index, const char *name);
/* The port, made if need be; NULL when out of memory. */
struct ww_port *ww_portmap_put_port(struct ww_portmap *map, uint32_t index);

/* Each sets one trait; 0 or -ENOMEM. Before the port's bridge changes none must be left: ww_portmap_clear. */
int ww_portmap_set_mac(struct ww_portmap *map, struct ww_port *port, const struct ww_mac *mac); /* zero: not known */
void ww_portmap_set_own_mac(struct ww_portmap *map, struct ww_port *port, const struct ww_mac *mac);
int ww_portmap_set_netns(struct ww_portmap *map, struct ww_port *port, int32_t netns);
int ww_portmap_set_owner(struct ww_portmap *map, struct ww_port *port, const char *id, enum ww_proof proof);
void ww_portmap_clear(struct ww_portmap *map, struct ww_port *port);

/* A bridge or a port is gone; the index of another interface does nothing. */
void ww_portmap_remove_bridge(struct ww_portmap *map, uint32_t index);
void ww_portmap_remove_port(struct ww_portmap *map, uint32_t index);
/* Remove all that was not seen in this round. */
void ww_portmap_remove_old(struct ww_portmap *map);

/*
 * The first port of this bridge (its interface's name) with that trait, the rest by its `next`; NULL: none. *ret_left:
 * when the last port with this MAC went while another one stayed, ww_clock_mono(); 0: that never happened.
 */
const struct ww_port *ww_portmap_with_mac(const struct ww_portmap *map, const char *bridge, const struct ww_mac *mac,
                                          int64_t *ret_left);
const struct ww_port *ww_portmap_in_netns(const struct ww_portmap *map, const char *bridge, int32_t netns);
const struct ww_port *ww_portmap_of(const struct ww_portmap *map, const char *bridge, const char *id);

struct ww_port *ww_portmap_port(const struct ww_portmap *map, uint32_t index);           /* NULL: none */
const struct ww_bridge *ww_portmap_bridge(const struct ww_portmap *map, uint32_t index); /* NULL: none */
const struct ww_bridge *ww_portmap_bridge_named(const struct ww_portmap *map, const char *name);

/*
 * portmap_own.c: what a bridge is itself. An index that is none of a bridge is ignored. -ENOMEM.
 */
void ww_portmap_own_mac(struct ww_portmap *map, uint32_t index, const struct ww_mac *mac);
int ww_portmap_own_addr(struct ww_portmap *map, uint32_t index, const struct ww_addr *addr, bool there);
void ww_portmap_own_forget(struct ww_portmap *map); /* all addresses: they are about to be read anew */

/*
 * portmap_host.c: what the host is itself, on whatever interface, but for loopback and link-local addresses, which
 * no other machine can reach, or only on a link. The same address may be shown more than once. -ENOMEM.
 */
int ww_portmap_host_addr(struct ww_portmap *map, uint32_t index, const struct ww_addr *addr, bool there);
/* Which the host takes as its own, but not alone: a broadcast or anycast address that follows from `of`. -ENOMEM. */
int ww_portmap_host_shared(struct ww_portmap *map, uint32_t index, const struct ww_addr *addr, const struct ww_addr *of,
                           bool there);
void ww_portmap_host_forget(struct ww_portmap *map);
int ww_portmap_each_host(const struct ww_portmap *map, int (*fn)(const struct ww_addr *addr, void *arg), void *arg);
int ww_portmap_each_shared(const struct ww_portmap *map, int (*fn)(const struct ww_addr *addr, void *arg), void *arg);

#endif
