/* ICMP errors about packets that were perhaps never sent: made byte by byte, from any address, with any MAC. */
#ifndef WW_SPEC_HELPER_ERROR_H
#define WW_SPEC_HELPER_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "helper_lab.h"

/* About a UDP datagram; addresses of one family. */
struct icmp_error {
    uint8_t type; /* in the family's numbers */
    uint8_t code;
    const char *src;
    const char *dst;
    const char *quoted_src;
    const char *quoted_dst;
    uint16_t quoted_sport; /* by which it is known again */
    uint16_t quoted_dport;
};

/* As a frame, through eth0 of a place. */
void error_send(const struct lab *lab, int place, const char *from_mac, const char *to_mac, const struct icmp_error *e);
/* From the host, which finds the way. */
void error_send_routed(const struct icmp_error *e);

/* A socket at a place that gets the errors of a family; close(2) it. error_comes waits for a moment. */
int error_listen(const struct lab *lab, int place, int family);
bool error_comes(int fd, const struct icmp_error *e);

#endif
