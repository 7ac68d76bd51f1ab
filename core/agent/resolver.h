/* The host's name servers: a channel out of closed containers, where Docker's DNS server asks them from the host. */
#ifndef WW_AGENT_RESOLVER_H
#define WW_AGENT_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/model/addr.h"

struct ww_agent;

struct ww_resolver {
    bool looked; /* the host's name servers were looked at */
};

/*
 * Does Docker's DNS server ask a name server of this resolv.conf(5) from the host's own namespace, where no rule of a
 * container holds? It does so with loopback addresses; but a lone 127.0.0.53 is systemd-resolved's stub, in whose place
 * engines take the servers that it asks. The first one, borrowed from `text`; its length in *ret_len; NULL: none.
 */
const char *ww_resolver_loopback(const char *text, size_t *ret_len);

/* Say so once, when there is a managed container. */
void ww_resolver_follow(struct ww_agent *a);

#endif
