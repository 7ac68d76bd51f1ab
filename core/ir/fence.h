/*
 * A fence: what the guard knows of one bridge network. Which endpoints are known there, behind which port of the
 * bridge, and whether all others are shut out. Like a ruleset it is built, sealed, and from then on immutable and
 * shared.
 */
#ifndef WW_IR_FENCE_H
#define WW_IR_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/model/addr.h"
#include "core/model/endpoint.h"

/* A port that leads nowhere: the endpoint gets and sends nothing. */
#define WW_PORT_NOWHERE UINT32_MAX

/* One endpoint whose container was judged. */
struct ww_known {
    char *container; /* its full id; of a leftover as much of it as is known, a blank, and the port */
    struct ww_endpoint_addrs addrs;
    bool managed;
    uint32_t port; /* interface index of the bridge's port that leads to it; 0: not known (yet); WW_PORT_NOWHERE */
    struct ww_mac port_mac;  /* the port's own MAC; zero: not known */
    struct ww_addr *sources; /* managed: all addresses that it may send from; unmanaged: NULL, whatever it likes */
    size_t n_sources;
};

struct ww_fence {
    char *id;     /* the network's full id */
    char *name;   /* the network's name */
    char *bridge; /* the bridge's interface name */
    bool guarded; /* only known endpoints can talk */
    bool brief;   /* … for the moment: not worth remembering */
    bool apart;   /* a bridge that is no network of the engine's: its `bystanders` are ports, no endpoints */
    bool host;    /* no network at all: `own` are the addresses of the host itself, `always` those it shares */
    bool held;    /* … from which no port of the engine's bridges may send: where ports can be told */
    struct ww_addr_range *subnets;
    size_t n_subnets;
    struct ww_addr *always; /* known without a container: gateways, auxiliary and broadcast addresses */
    size_t n_always;
    struct ww_addr *aux; /* of these the auxiliary ones: any endpoint that has one may send from it */
    size_t n_aux;
    struct ww_mac own_mac; /* the bridge's own MAC, zero: not known */
    struct ww_addr *own;   /* and its addresses, link-local ones too: no port may claim them */
    size_t n_own;
    struct ww_known *known; /* sorted by container id */
    size_t n_known;
    struct ww_known *bystanders; /* not managed, where nothing is guarded: only which port is theirs matters */
    size_t n_bystanders;         /* sorted as `known` */
    bool sealed;
    char hash[WW_HASH_HEX]; /* of everything above; "" until sealed */
    unsigned refs;
};

/* A port of a managed container's at which it has no endpoint, so without a MAC and addresses: nothing passes there. */
bool ww_known_is_leftover(const struct ww_known *k);

/* A new, empty, unsealed fence with one reference. NULL when out of memory. */
struct ww_fence *ww_fence_new(const char *id, const char *name, const char *bridge);
struct ww_fence *ww_fence_ref(struct ww_fence *f);
void ww_fence_unref(struct ww_fence *f); /* NULL is a no-op */

/* Before sealing only; everything is copied. -ENOMEM. */
int ww_fence_add_subnet(struct ww_fence *f, const struct ww_addr_range *range);
int ww_fence_add_always(struct ww_fence *f, const struct ww_addr *addr);
int ww_fence_add_aux(struct ww_fence *f, const struct ww_addr *addr); /* and to those always known */
int ww_fence_add_own(struct ww_fence *f, const struct ww_addr *addr);
int ww_fence_add_known(struct ww_fence *f, const struct ww_known *known);
int ww_fence_add_bystander(struct ww_fence *f, const struct ww_known *bystander);

/* Sort, drop doubles, hash. Sealing twice is a no-op. -ENOMEM. */
int ww_fence_seal(struct ww_fence *f, struct ww_error *err);

/* The container's endpoint; NULL if it is not known. Sealed ones only. */
const struct ww_known *ww_fence_find(const struct ww_fence *f, const char *container);
/*
 * Each known endpoint of `f` that `other` (NULL: none) does not have exactly so; both sealed. Stops at the first result
 * that is not 0, and returns it.
 */
int ww_fence_each_only(const struct ww_fence *f, const struct ww_fence *other,
                       int (*fn)(const struct ww_known *known, void *arg), void *arg);
int ww_fence_each_bystander_only(const struct ww_fence *f, const struct ww_fence *other,
                                 int (*fn)(const struct ww_known *bystander, void *arg), void *arg);

/* Text form of the network without its known endpoints. read gives an unsealed fence; -EINVAL names line and column. */
void ww_fence_write(const struct ww_fence *f, struct ww_buf *out);
int ww_fence_read(const char *text, struct ww_fence **ret_fence, struct ww_error *err);

#endif
