/*
 * The one rule outside our own table, and only where it is asked for: in Docker's chain DOCKER-USER, accept what bears
 * the mark of the allowed. It is made of iptables' matches, so that iptables-nft lists, saves and restores it.
 */
#ifndef WW_KERNEL_DOCKER_USER_H
#define WW_KERNEL_DOCKER_USER_H

#include <libmnl/libmnl.h>

#include "core/base/error.h"

/*
 * Put the rule first in DOCKER-USER of tables `ip filter` and `ip6 filter`, where it is not there yet; one that is
 * there stays where it is. Number of those tables that have it now: 1 or 2; -ENOENT where neither has the chain.
 */
int ww_docker_user_put(struct mnl_socket *reads, struct mnl_socket *commits, struct ww_error *err);

/* Take it away. Number of rules removed, or -errno. */
int ww_docker_user_take(struct mnl_socket *reads, struct mnl_socket *commits, struct ww_error *err);

#endif
