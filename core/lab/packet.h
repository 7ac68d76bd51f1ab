/*
 * The packets that the lab sends, one for each flow: a TCP SYN, a UDP datagram, an SCTP INIT or an ICMP question, with
 * a mark by which it is known where it arrives. A reset, a datagram, an ABORT or a reply is its answer.
 */
#ifndef WW_LAB_PACKET_H
#define WW_LAB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/ir/flow.h"

#define WW_PACKET_BYTES 64 /* room for any */

/* Which socket of a space the flow's packets go through; -1: no packet of the protocol is known here. */
int ww_lab_packet_kind(const struct ww_flow *flow);
/* A raw socket of that kind, in the calling thread's namespace; after a failure, too, unless it is -1. */
int ww_lab_packet_socket(int kind, int *ret_fd, struct ww_error *err);

/* The first packet of the flow, as its sender writes it. Its length. */
size_t ww_lab_packet_make(const struct ww_flow *flow, uint32_t mark, uint8_t bytes[static WW_PACKET_BYTES]);
/* What answers it, where the kernel does not by itself: UDP and SCTP; 0: it does. `flow` is the flow back. */
size_t ww_lab_packet_answer(const struct ww_flow *flow, uint32_t mark, uint8_t bytes[static WW_PACKET_BYTES]);
/* Send it from flow->src to flow->orig_dst. 0, or the errno of the sender's own kernel. */
int ww_lab_packet_send(int fd, const struct ww_flow *flow, const uint8_t *bytes, size_t len);

/* A packet as a socket of the kind sees it. False: it is none of ours. */
struct ww_sighting {
    uint32_t mark;
    bool answer;
};
bool ww_lab_packet_read(int kind, const uint8_t *bytes, size_t len, struct ww_sighting *ret_sighting);

#endif
