/* The number of nftables' present state: every transaction in the network namespace, whichever program makes it,
 * changes it. */
#ifndef WW_KERNEL_GENERATION_H
#define WW_KERNEL_GENERATION_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#include "core/base/error.h"

/* Ask for it (NFT_MSG_GETGEN): a few microseconds, whatever the tables hold. 0 or -errno. */
int ww_generation_read(struct mnl_socket *reads, uint32_t *ret_generation, struct ww_error *err);

#endif
