/* Other network namespaces, by the number that this one has for them (rtnetlink(7), linux/net_namespace.h). */
#ifndef WW_KERNEL_NETNS_H
#define WW_KERNEL_NETNS_H

#include <libmnl/libmnl.h>
#include <stdint.h>

/*
 * That of a process, by its number in the pid namespace of the caller; -1: it has none here. No rights over the process
 * are needed. -ESRCH: there is no such process.
 */
int ww_netns_ask(struct mnl_socket *socket, int64_t pid, int32_t *ret_netns);

#endif
