/* A Docker network and its endpoints. */
#ifndef WW_MODEL_NETWORK_H
#define WW_MODEL_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/endpoint.h"
#include "core/model/labels.h"
#include "core/model/stray.h"

struct ww_endpoint {
    char *container_id;
    struct ww_endpoint_addrs addrs;
};

struct ww_subnet {
    struct ww_addr_range range;
    struct ww_addr gateway; /* family 0 where the engine does not say */
};

/* Strings are owned, NULL when the engine did not say. */
/* The bridge by which containers of overlays reach, and are reached from, everything but the overlay. */
#define WW_GATEWAY_NETWORK "docker_gwbridge"
#define WW_INGRESS_SANDBOX "ingress-sbox" /* no container, but the engine's own endpoint there: the routing mesh */

struct ww_network {
    char *id;
    char *name;
    char *driver;             /* "bridge", "host", "null", "macvlan", "ipvlan", "overlay", … */
    char *project;            /* com.docker.compose.project */
    char *compose_network;    /* com.docker.compose.network */
    char *guard;              /* whalewall.guard */
    bool accepted;            /* whalewall.accept says that it is known not to be enforceable */
    struct ww_strays *strays; /* labels that look like ours and are none; NULL: there are none */
    struct ww_labels labels;  /* all of them, sorted; kept only while a site policy reads them */
    char *bridge;             /* the bridge's interface name: com.docker.network.bridge.name, else "br-<id12>" */
    char *parent;             /* the interface that a macvlan or ipvlan network hangs on: option `parent` */
    bool default_bridge;      /* com.docker.network.bridge.default_bridge */
    bool internal;
    struct ww_subnet *subnets;
    size_t n_subnets;
    struct ww_addr *aux; /* addresses set aside for devices that are no containers (--aux-address), sorted */
    size_t n_aux;
    struct ww_endpoint *endpoints; /* sorted by container id */
    size_t n_endpoints;
    int64_t told_ns; /* its endpoints are as they were then, or later, ww_clock_mono(); no part of what is compared */
};

struct ww_network *ww_network_new(void); /* all empty; NULL when out of memory */
void ww_network_free(struct ww_network *n);

/* Sort the endpoints (one of each container) and subnets, fill in `bridge` for bridge networks. */
void ww_network_normalize(struct ww_network *n);
bool ww_network_equal(const struct ww_network *a, const struct ww_network *b);
/* The same, but for its endpoints. */
bool ww_network_equal_head(const struct ww_network *a, const struct ww_network *b);

/* The container's attachment, NULL if it has none. Borrowed. */
const struct ww_endpoint *ww_network_endpoint(const struct ww_network *n, const char *container_id);

/* Does it consist of a bridge of the host's, whose name is known? */
bool ww_network_is_bridge(const struct ww_network *n);

bool ww_network_is_overlay(const struct ww_network *n);

/* Do its containers sit behind an interface of the host's (macvlan, ipvlan), which is `parent` where it is known? */
bool ww_network_has_parent(const struct ww_network *n);

/* Can traffic of this network be filtered from the host? False for host, macvlan, ipvlan, overlay; true for bridge and
 * null. */
bool ww_network_is_enforceable(const struct ww_network *n);

#endif
