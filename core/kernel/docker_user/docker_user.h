/*
 * The one rule outside our own table, and only where it is asked for: in Docker's chain DOCKER-USER, accept what bears
 * the mark of the allowed. It is made of iptables' matches, so that iptables-nft lists, saves and restores it.
 */
#ifndef WW_KERNEL_DOCKER_USER_H
#define WW_KERNEL_DOCKER_USER_H

#include <libmnl/libmnl.h>

#include "core/base/error.h"
#include "core/kernel/docker_user/docker_place.h"

/*
 * See to it that the rule is in DOCKER-USER of tables `ip filter` and `ip6 filter`, once, and the last one that is
 * tried: after all rules of other programs, before the one that returns everything, which Docker before 28 puts at the
 * end. Without `put` one that is missing is not put there. *ret_found is what was found. Number of those tables that
 * have it now; -ENOENT where neither has the chain.
 */
int ww_docker_user_keep(struct mnl_socket *reads, struct mnl_socket *commits, bool put,
                        enum ww_docker_user_place ret_found[WW_DOCKER_USER_FAMILIES], struct ww_error *err);

/* Take it away. Number of rules removed, or -errno. */
int ww_docker_user_take(struct mnl_socket *reads, struct mnl_socket *commits, struct ww_error *err);

#endif
