/* The ends of a flow that a client asks about: which container or host is meant, and its addresses. Private to
 * explain*.c and show.c. */
#ifndef WW_AGENT_EXPLAIN_END_H
#define WW_AGENT_EXPLAIN_END_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/ir/fence.h"
#include "core/ir/ruleset.h"
#include "core/model/container.h"
#include "core/model/network.h"

struct ww_agent;

enum ww_end_kind { WW_END_CONTAINER, WW_END_HOST, WW_END_INTERNET, WW_END_ADDRESS };

/* An address that an end has. network: NULL, it is no container's. */
struct ww_place {
    struct ww_addr addr;
    const struct ww_network *network;
};

/* Borrowed from the world and what is applied, but for `places`. */
struct ww_end {
    enum ww_end_kind kind;
    const char *text; /* as it was asked */
    const struct ww_container *container;
    const char *head;            /* id of the container whose addresses it has */
    const struct ww_ruleset *rs; /* what is in force for these; NULL: nothing */
    bool named_address;          /* an address was asked for: places has only that */
    size_t alike;                /* how many containers go by the name, of those that run if one does */
    struct ww_place *places;     /* of WW_END_HOST only if an address was asked for */
    size_t n_places;
};

/*
 * "host", "internet", an address, the name or id of a container (12 digits will do), or the name of a service, of which
 * the first container is taken that runs. -ENOENT: nothing goes by it; -ENOMEM.
 */
int ww_end_find(const struct ww_agent *a, const char *text, struct ww_end *ret_end, struct ww_error *err);

/* What is to be said behind a name that nothing goes by: "", or that names are not known yet. */
const char *ww_end_names(const struct ww_agent *a);

/* The same beside another end (NULL: none): of several containers that go by a service's name one of the same compose
 * project as that end's is taken, else one that shares a network with it. */
int ww_end_find_near(const struct ww_agent *a, const char *text, const struct ww_end *other, struct ww_end *ret_end,
                     struct ww_error *err);
void ww_end_done(struct ww_end *end);

/* Give WW_END_INTERNET its places: addresses that no network has, and no rule of `other` (may be NULL) names. -ENOMEM.
 */
int ww_end_settle(const struct ww_agent *a, struct ww_end *end, const struct ww_ruleset *other);

/* The bridge network, as it is in force, in whose subnets the address is; NULL: in none. */
const struct ww_fence *ww_end_fence(const struct ww_agent *a, const struct ww_addr *addr);

/* The host's own address of the family on that network (NULL: on none of the engine's). False: it has none, or none is
 * known. */
bool ww_end_host_addr(const struct ww_agent *a, const char *network, int family, struct ww_addr *ret_addr);

#endif
