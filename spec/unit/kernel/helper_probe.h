/*
 * Real packets, one for each flow: a TCP SYN or ACK, a UDP datagram, an SCTP INIT or an echo request, marked with a
 * number by which it is known where it arrives, and whether the answer (a reset, an ICMP error, an ABORT, an echo
 * reply) comes back.
 */
#ifndef WW_SPEC_HELPER_PROBE_H
#define WW_SPEC_HELPER_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ir/flow.h"
#include "helper_lab.h"

#define PROBE_KINDS 8 /* TCP, UDP, SCTP, ICMP in both families */
#define PROBE_MAX 1024
#define PROBE_ACK 1 /* kind: an ACK of no connection */

struct probe {
    struct ww_flow flow;
    int from;          /* place */
    int to;            /* place */
    uint8_t kind;      /* SCTP: of the chunk; 0: INIT. Only INITs are answered. TCP: PROBE_ACK; 0: SYN */
    uint16_t checksum; /* ICMP and TCP in IPv4: what it is to have (TCP: wrong); 0: whatever comes of it */
    bool delivered;    /* the packet arrived where it should */
    bool strayed;      /* it arrived elsewhere */
    bool answered;     /* the answer arrived at the sender */
    int send_error;    /* errno when the sender's own kernel refused it */
};

struct probe_kit {
    int sockets[LAB_PLACES][PROBE_KINDS];
    uint16_t round; /* part of the mark: late packets of an earlier round do not count */
};

void probe_open(struct probe_kit *kit, const struct lab *lab);
void probe_close(struct probe_kit *kit);

/* Send all (at most PROBE_MAX), and collect until nothing has come for `quiet_ms`. */
void probe_run(struct probe_kit *kit, struct probe *probes, size_t n, int quiet_ms);

#endif
