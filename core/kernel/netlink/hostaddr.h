/* The addresses of the host itself, of both families (rtnetlink(7), RTM_GETADDR). */
#ifndef WW_KERNEL_HOSTADDR_H
#define WW_KERNEL_HOSTADDR_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/addr.h"

struct ww_hostaddrs {
    struct ww_addr *addrs; /* owned, sorted */
    size_t n;
};

/* All zero is a valid, empty set: then only loopback is the host's. */
struct ww_hostaddr {
    struct ww_hostaddrs own;
    struct ww_hostaddrs shared; /* what the kernel takes for its own beside these (ww_hostaddr_shared); some twice */
};

/* Read all addresses of the calling thread's network namespace. */
int ww_hostaddr_load(struct ww_hostaddr *ret_hosts, struct ww_error *err);
void ww_hostaddr_done(struct ww_hostaddr *hosts);

/* Is it an address of the host? 127.0.0.0/8 and ::1 always are. */
bool ww_hostaddr_has(const struct ww_hostaddr *hosts, const struct ww_addr *addr);
/* … or a shared one: does what is sent there come to the host? */
bool ww_hostaddr_takes(const struct ww_hostaddr *hosts, const struct ww_addr *addr);

/* The address in an RTM_NEWADDR or RTM_DELADDR. The index of its interface; 0: there is none that is known. */
uint32_t ww_hostaddr_parse(const struct nlmsghdr *msg, struct ww_addr *ret_addr);

/*
 * What the kernel takes for its own beside that address: the broadcast addresses of its subnet (kernels before 5.14
 * take the first address for one, too), in IPv6 that of any of its routers. How many.
 */
#define WW_HOSTADDR_SHARED 3
size_t ww_hostaddr_shared(const struct nlmsghdr *msg, const struct ww_addr *addr,
                          struct ww_addr ret_shared[static WW_HOSTADDR_SHARED]);

/* RTM_GETADDR of all of them, in a buffer of WW_HOSTADDR_QUESTION bytes. */
#define WW_HOSTADDR_QUESTION 64
struct nlmsghdr *ww_hostaddr_question(char bytes[static WW_HOSTADDR_QUESTION]);

#endif
