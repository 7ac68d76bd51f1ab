/* The headers of a packet that the kernel did not let pass: bytes that any sender may have made up. */
#ifndef WW_KERNEL_PACKET_H
#define WW_KERNEL_PACKET_H

#include <stddef.h>

#include "core/kernel/drops/drop.h"

/* Read an IPv4 or IPv6 packet's addresses, protocol and ports, as far as `len` bytes go. What is not there stays 0. */
void ww_packet_read(const void *bytes, size_t len, struct ww_drop *drop);

#endif
